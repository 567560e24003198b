// Ticks live in this browser's local storage: they outlast the session and never reach the server.
const read = (store) => {
  try {
    return JSON.parse(localStorage.getItem(store)) ?? {};
  } catch {
    return {};
  }
};

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".checklist");
  const list = root.querySelector("ul");
  const ticks = read(data.store);
  const count = () => {
    const done = data.items.filter((item) => ticks[item]).length;
    root.querySelector(".count").textContent = `${done} of ${data.items.length} done`;
  };
  const save = () => {
    localStorage.setItem(data.store, JSON.stringify(ticks));
    count();
  };
  list.replaceChildren(
    ...data.items.map((item) => {
      const row = document.createElement("li");
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: Boolean(ticks[item]) });
      box.onchange = () => {
        ticks[item] = box.checked;
        save();
      };
      label.append(box, document.createTextNode(item));
      row.append(label);
      return row;
    }),
  );
  root.querySelector(".clear").onclick = () => {
    for (const item of data.items) delete ticks[item];
    for (const box of list.querySelectorAll("input")) box.checked = false;
    save();
  };
  count();
}
