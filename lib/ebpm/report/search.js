"use strict";
{
  const MOST = 60;
  const box = document.getElementById("place-search");
  const input = box.querySelector("input");
  const status = box.querySelector("[role=status]");
  const found = box.querySelector("ul");
  const plain = (text) => text.normalize("NFKC").replace(/[ヶヵ]/g, "ケ").replace(/\s/g, "").toLowerCase();
  const bodies = [...document.querySelectorAll("#places details > ul > li")].map((item) => {
    const prefecture = item.closest("details").querySelector("summary").firstChild.textContent;
    const name = (item.querySelector(".body") ?? item.querySelector("a") ?? item).textContent;
    const link = item.querySelector("a");
    const code = /([0-9]{6})[^/]*$/.exec(link?.getAttribute("href") ?? "")?.[1] ?? "";
    return { item, prefecture, name, sought: plain(prefecture + name) + " " + code };
  });
  const show = () => {
    const sought = plain(input.value);
    const hits = sought ? bodies.filter((body) => body.sought.includes(sought)) : [];
    found.replaceChildren(
      ...hits.slice(0, MOST).map(({ item, prefecture }) => {
        const copy = item.cloneNode(true);
        const where = document.createElement("span");
        where.className = "count";
        where.textContent = prefecture;
        copy.append(where);
        return copy;
      }),
    );
    const said = hits.length ? status.dataset.some.replace("{n}", hits.length) : status.dataset.none;
    status.textContent = sought ? said : "";
  };
  input.addEventListener("input", show);
  box.hidden = false;
}
