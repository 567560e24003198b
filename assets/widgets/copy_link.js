// The address bar always holds the state of the page, so the link to copy is simply its text.
// Browsers give a page the clipboard only over https or on localhost; elsewhere the older way still works.
const copyByHand = (text) => {
  const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
  field.style.cssText = "position: fixed; inset: 0 auto auto 0; opacity: 0";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
};

const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByHand(text);
  }
};

export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  const said = parentElement.querySelector("[role=status]");
  button.onclick = async () => {
    said.textContent = (await copy(window.location.href)) ? "Copied" : "Copy it from the address bar";
    button.focus();
    setTimeout(() => (said.textContent = ""), 2500);
  };
}
