"""Tests in a real browser: JupyterLab, a kernel, and a mouse."""
