// The address bar always holds the state of the page, so the link to copy is simply its text.
export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  const said = parentElement.querySelector("[role=status]");
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(window.location.href);
      said.textContent = "Copied";
    } catch {
      said.textContent = "Copy it from the address bar";
    }
    setTimeout(() => (said.textContent = ""), 2500);
  };
}
