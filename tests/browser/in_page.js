// What the checks ask of a page, as functions of one object. Playwright evaluates it, so the page's
// content-security policy need not allow it. Each function returns findings: none is good.
({
  // A name by which a person finds the element.
  called(element) {
    const text = (element.getAttribute("alt") || element.textContent || "").trim().slice(0, 50);
    const id = element.id ? `#${element.id}` : "";
    return `<${element.localName}${id}> "${text.replace(/\s+/g, " ")}"`;
  },

  // A policy that lets nothing in, and runs no script but those that it names by their hash.
  policy() {
    const meta = document.querySelector('meta[http-equiv="Content-Security-Policy" i]');
    const rules = new Map((meta?.content ?? "").split(";").map((rule) => {
      const [name, ...values] = rule.trim().split(/\s+/);
      return [name, values];
    }));
    if (rules.get("default-src")?.join() !== "'none'") return ["no policy of default-src 'none'"];
    const loose = [...rules].filter(([name]) => !/^(img|style)-src/.test(name)).flatMap(
      ([name, values]) => values.filter((value) => !/^'(none|sha(256|384|512)-.*)'$/.test(value))
        .map((value) => `${name} allows ${value}`));
    const foreign = [...rules].filter(([name]) => /^(img|style)-src/.test(name)).flatMap(
      ([name, values]) => values.filter((value) => /^(\*|https?:|ftp:|\w+\.|'self'|'unsafe-eval')/.test(value))
        .map((value) => `${name} allows ${value}`));
    return [...loose, ...foreign];
  },

  // On paper nothing scrolls, so there every box must show all that it holds.
  wide(onPaper) {
    const findings = [];
    const room = document.documentElement.clientWidth;
    const width = document.scrollingElement.scrollWidth;
    if (width > room) findings.push(`the page is ${width} px wide, and there are ${room}`);
    for (const element of document.body.querySelectorAll("*")) {
      if (!element.checkVisibility({ visibilityProperty: true })) continue;
      const { overflowX } = getComputedStyle(element);
      if (onPaper && overflowX !== "visible" && element.clientWidth > 1
          && element.scrollWidth > element.clientWidth + 1) {
        findings.push(`${this.called(element)} holds ${element.scrollWidth} px and shows ${element.clientWidth}`);
      }
      const { left, right, width } = element.getBoundingClientRect();
      if (width > 1 && right > room + 1 && (onPaper || !this.scrolls(element.parentElement))) {
        findings.push(`${this.called(element)} reaches from ${left} to ${right} px, and there are ${room}`);
      }
    }
    return findings.slice(0, 10);
  },

  scrolls(element) {
    for (let one = element; one && one !== document.body; one = one.parentElement) {
      if (/auto|scroll|hidden|clip/.test(getComputedStyle(one).overflowX)
          && one.getBoundingClientRect().right <= document.documentElement.clientWidth + 1) return true;
    }
    return false;
  },

  async images() {
    const findings = [];
    for (const image of document.images) {
      if (!image.hasAttribute("src") && !image.checkVisibility()) continue;
      image.loading = "eager";
      const loaded = await Promise.race([
        image.decode().then(() => image.naturalWidth > 0, () => false),
        new Promise((resolve) => setTimeout(() => resolve(false), 10000)),
      ]);
      if (!loaded) findings.push(`${this.called(image)} has not loaded`);
    }
    return findings;
  },

  // Pictures that decorate say so: role="presentation", or aria-hidden.
  alternatives() {
    const findings = [];
    const seen = new Set();
    for (const picture of document.querySelectorAll('img, svg, canvas, [role="img"]')) {
      if (!picture.checkVisibility() || picture.closest('[aria-hidden="true"]')) continue;
      if (/^(presentation|none)$/.test(picture.getAttribute("role") ?? "")) continue;
      if (picture.parentElement.closest('svg, [role="img"]')) continue;
      const names = (picture.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean)
        .map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
      const text = (names || picture.getAttribute("aria-label") || picture.getAttribute("alt")
        || picture.querySelector(":scope > title")?.textContent || "").trim();
      if (!text) findings.push(`a picture has no text: ${picture.outerHTML.slice(0, 80)}`);
      else if (/\.(png|svg|jpe?g|gif|webp|bmp|tiff?)$/i.test(text) || /^[a-z\d]+(_[a-z\d]+)+$/i.test(text)) {
        findings.push(`the text of a picture is the name of a file: ${text}`);
      } else if (seen.has(text)) findings.push(`two pictures have the same text: ${text}`);
      seen.add(text);
    }
    return findings;
  },

  headings() {
    const findings = [];
    let before = 0;
    for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
      if (!heading.checkVisibility()) continue;
      const level = Number(heading.localName[1]);
      if (level > before + 1) findings.push(`${this.called(heading)} follows level ${before}`);
      if (level === 1 && before) findings.push(`${this.called(heading)} is a second title`);
      before = level;
    }
    return before ? findings : ["the page has no heading"];
  },

  // Links within the page and downloads that it holds. (`elsewhere` has those to files.)
  links() {
    const findings = [];
    for (const link of document.querySelectorAll("a[href]")) {
      const target = link.getAttribute("href");
      if (target.startsWith("#")) {
        const id = decodeURIComponent(target.slice(1));
        if (id && id !== "top" && !document.getElementById(id)) findings.push(`${target} leads nowhere`);
      } else if (target.startsWith("data:")) {
        const content = target.slice(target.indexOf(",") + 1);
        if (!target.includes(",") || !content) findings.push(`${this.called(link)} downloads nothing`);
        if (!link.download) findings.push(`${this.called(link)} is a download without the name of a file`);
      } else if (/^[a-z][a-z\d+.-]*:/i.test(target) && !/^(https:|mailto:)/i.test(target)) {
        findings.push(`${this.called(link)} leads to ${target.slice(0, 80)}`);
      }
    }
    return findings;
  },

  elsewhere() {
    const targets = [...document.querySelectorAll("a[href]")].map((link) => link.getAttribute("href"));
    return targets.filter((target) => target && !/^(#|[a-z][a-z\d+.-]*:)/i.test(target));
  },

  openFolds() {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
  },

  // The first words of each fold that is printed at all. Controls are of no use on paper.
  wordsOfFolds() {
    const words = [];
    for (const fold of document.querySelectorAll("details")) {
      if (!fold.checkVisibility() || fold.querySelector("button, input, select, textarea")) continue;
      const walker = document.createTreeWalker(fold, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const node = walker.currentNode;
        if (!node.data.trim() || node.parentElement.closest("summary, style, script, title")) continue;
        words.push(node.data);
        break;
      }
    }
    return words;
  },

  printedHeadings() {
    const shown = [...document.querySelectorAll("h1, h2, h3, h4")].filter((one) => one.checkVisibility());
    return shown.map((one) => one.innerText.trim());
  },

  // Left and right margin of the sheet in px, as the page's own style sheet wants them.
  margins() {
    const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
    const style = rules.findLast((rule) => rule instanceof CSSPageRule)?.style;
    const ruler = document.body.appendChild(document.createElement("div"));
    const sizes = ["margin-left", "margin-right"].map((side) => {
      ruler.style.width = style?.getPropertyValue(side) || "0";
      return ruler.getBoundingClientRect().width;
    });
    ruler.remove();
    return sizes[0] + sizes[1];
  },
})
