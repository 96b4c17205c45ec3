// What the tests ask of a page, asked inside of it. Each question answers with a list of what is wrong.
globalThis.examine = {
  // Hidden words for listeners and what is not displayed do not count.
  smallTexts(smallest) {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode;
      const element = text.parentElement;
      if (!text.data.trim() || element.closest(".vh, script, style, .skip")) continue;
      if (!element.checkVisibility()) continue;
      let size = parseFloat(getComputedStyle(element).fontSize);
      const svg = element.closest("svg");
      if (svg) size *= svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      if (size < smallest - 0.05) found.push(`${size.toFixed(1)} ${text.data.trim().slice(0, 40)}`);
    }
    return found;
  },

  incompleteCharts() {
    const problem = (figure) => {
      const svg = figure.querySelector("svg[role=img]");
      if (!svg) return "no image";
      const said = (key) =>
        (svg.getAttribute(key) || "")
          .split(" ")
          .map((id) => document.getElementById(id)?.textContent.trim() || "")
          .join("");
      const box = svg.getBoundingClientRect();
      if (box.width < 250 || box.height < 60) return `too small: ${box.width} x ${box.height}`;
      if (said("aria-labelledby").length < 4) return "no name";
      if (said("aria-describedby").length < 12) return "no description";
      if (!figure.querySelector("table, ul, ol")) return "no table";
      if (figure.querySelector("table") && !figure.querySelector("a[download]")) return "no file";
      return svg.querySelectorAll("path, rect, circle").length > 2 ? "" : "nothing drawn";
    };
    return [...document.querySelectorAll("figure")]
      .map((figure, i) => [i + 1, problem(figure)])
      .filter(([, found]) => found)
      .map(([number, found]) => `figure ${number}: ${found}`);
  },

  headingJumps() {
    const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
    const levels = headings.map((heading) => Number(heading.tagName[1]));
    const jumps = headings.filter((_, i) => levels[i] > (i ? levels[i - 1] : 0) + 1);
    const tops = levels.filter((level) => level === 1).length;
    return [...(tops === 1 ? [] : [`${tops} h1`]), ...jumps.map((heading) => heading.textContent)];
  },

  // WCAG 2.2, 1.4.3 and 1.4.11, on the white ground of the charts. The window must hold the page.
  faintOfCharts(leastText, leastMark, guides) {
    const texts = [];
    const marks = [];
    for (const svg of document.querySelectorAll("figure svg")) {
      for (const text of svg.querySelectorAll("text")) {
        if (getComputedStyle(text).stroke !== "none") continue; // the halo under a label
        const back = colour.behind(text);
        const found = colour.ratio(colour.painted(text, "fill", back), back);
        if (found < leastText) texts.push(`${found.toFixed(2)} ${text.textContent}`);
      }
      for (const mark of svg.querySelectorAll("path, circle, rect, line, polygon")) {
        if (mark.closest("defs, clipPath")) continue;
        if (guides.includes(getComputedStyle(mark).stroke)) continue;
        const paints = ["fill", "stroke"].map((kind) => colour.painted(mark, kind)).filter(Boolean);
        if (paints.every((paint) => paint.every((value) => value > 254))) continue;
        const best = Math.max(...paints.map((paint) => colour.ratio(paint, colour.WHITE)));
        if (best < leastMark) marks.push(`${best.toFixed(2)} ${mark.outerHTML.slice(0, 100)}`);
      }
    }
    return [texts, marks];
  },

  // Where a heading ends and what follows begins, and both ends of a chart, as words on the sheet.
  markForPrint() {
    const word = (name, number) => {
      const mark = document.createElement("span");
      mark.textContent = `[${name}${number}]`;
      mark.style.cssText = "position:absolute;font:1px monospace;line-height:1px;color:#fff";
      return mark;
    };
    const follower = (element) => {
      let next = element;
      while (next && !next.nextElementSibling) next = next.parentElement;
      next = next?.nextElementSibling;
      while (next && (getComputedStyle(next).display === "none" || next.matches(".synthetic"))) {
        next = next.nextElementSibling;
      }
      return next;
    };
    let number = 0;
    const headings = "main :is(h1, h2, h3, h4, figcaption)";
    for (const heading of document.querySelectorAll(headings)) {
      const next = follower(heading);
      if (!next) continue;
      const inner = next.querySelector("p, li, dt, td, th, svg") || next;
      const place = inner.closest("svg")?.parentElement || inner;
      heading.append(word("a", ++number));
      place.prepend(word("b", number));
    }
    for (const chart of document.querySelectorAll("figure .chart")) {
      chart.prepend(word("a", ++number));
      chart.append(word("b", number));
    }
    return number;
  },
};

const colour = {
  WHITE: [255, 255, 255],
  parsed: (css) => (css.match(/[\d.]+/g) || []).map(Number),
  over: ([r, g, b, a = 1], back, opacity) =>
    [r, g, b].map((value, i) => value * a * opacity + back[i] * (1 - a * opacity)),
  luminance(rgb) {
    const linear = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  },
  ratio(one, other) {
    const [light, dark] = [one, other].map(colour.luminance).sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  },
  opacity(element) {
    let seen = 1;
    for (let each = element; each instanceof SVGElement; each = each.parentElement) {
      seen *= Number(getComputedStyle(each).opacity);
    }
    return seen;
  },
  // The colour that an element's fill or stroke shows on a ground; null where it paints nothing.
  painted(element, kind, back = colour.WHITE) {
    const style = getComputedStyle(element);
    if (style[kind] === "none" || style[kind].startsWith("url")) return null;
    if (kind === "stroke" && parseFloat(style.strokeWidth) === 0) return null;
    const opacity = colour.opacity(element) * Number(style[`${kind}Opacity`]);
    return colour.over(colour.parsed(style[kind]), back, opacity);
  },
  // What lies under the middle of a text: white where it has a halo.
  behind(text) {
    const box = text.getBoundingClientRect();
    const at = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const isHalo = (e) => e.tagName === "text" && e !== text && e.textContent === text.textContent;
    if (at.some(isHalo)) return colour.WHITE;
    const below = at.filter((e) => e instanceof SVGGeometryElement && colour.painted(e, "fill"));
    return below.reverse().reduce((back, e) => colour.painted(e, "fill", back), colour.WHITE);
  },
};
