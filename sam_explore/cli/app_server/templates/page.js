// Tells the reader what this page can't find out by itself: that its kernel has ended, and that a
// file is too large to be sent.
(() => {
  const mostBytes = {{ most_upload }};

  const tell = (words, reload) => {
    document.querySelector(".page-told")?.remove();
    const told = document.createElement("p");
    told.className = "page-told";
    told.setAttribute("role", "alert");
    told.append(words + " ");
    const button = document.createElement("button");
    button.textContent = reload ? "Reload" : "Close";
    button.onclick = () => (reload ? location.reload() : told.remove());
    told.append(button);
    document.body.append(told);
  };

  const look = async () => {
    const about = document.getElementById("jupyter-config-data");
    if (!about) return;
    const { baseUrl, kernelId } = JSON.parse(about.textContent);
    const options = { cache: "no-store", redirect: "manual" };
    const answer = await fetch(`${baseUrl}pages/${kernelId}`, options).catch(() => null);
    if (answer?.status === 410) {
      clearInterval(rounds);
      tell(await answer.text(), true);
    }
  };
  const rounds = setInterval(look, 3000);

  // ipywidgets reads the file first; the server would end the connection when it is sent.
  const read = FileReader.prototype.readAsArrayBuffer;
  FileReader.prototype.readAsArrayBuffer = function (file) {
    if (file.size > mostBytes) {
      const most = Math.floor(mostBytes / 2 ** 20);
      tell(`${file.name} is larger than ${most} MB, more than this server takes.`, false);
    } else {
      read.call(this, file);
    }
  };
})();
