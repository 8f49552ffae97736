"use strict";
// Switches between experiments and between seeds, and copies code. Without it all of it is shown.

const experiments = [...document.querySelectorAll("section.experiment")];

// A row of buttons of which one is pressed.
function switcher(label, names, choose) {
  const group = document.createElement("div");
  group.className = "switch";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", label);
  group.append(Object.assign(document.createElement("span"), { textContent: label }));
  const buttons = names.map((name, place) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
    button.addEventListener("click", () => choose(place));
    group.append(button);
    return button;
  });
  const press = (chosen) =>
    buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(place === chosen)));
  press(0);
  return { group, press };
}

// Experiments: all of them, or one. The reader stays at the part that stands at the top.

function partAtTheTop() {
  const parts = [...document.querySelectorAll("section.experiment:not([hidden]) :is(h2, h3)")];
  return parts.filter((part) => part.getBoundingClientRect().top < 120).pop();
}

function show(chosen, bar) {
  const before = partAtTheTop();
  const shown = (place) => chosen === 0 || place === chosen - 1;
  experiments.forEach((section, place) => {
    section.hidden = !shown(place);
    const link = document.querySelector(`.contents a[href="#${encodeURIComponent(section.firstElementChild.id)}"]`);
    if (link) link.parentElement.hidden = !shown(place);
  });
  bar.press(chosen);
  if (!before || chosen === 0) return;
  const same = [...experiments[chosen - 1].querySelectorAll("h2, h3")];
  const like = same.find((part) => part.tagName === "H3" && part.dataset.part === before.dataset.part);
  (like || same[0]).scrollIntoView();
}

if (experiments.length > 1) {
  const names = experiments.map((section) => section.dataset.name);
  const bar = switcher("Experiment", ["all", ...names], (chosen) => show(chosen, bar));
  bar.group.classList.add("sticky");
  experiments[0].before(bar.group);
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const section = target?.closest("section.experiment[hidden]");
    if (!section) return;
    show(experiments.indexOf(section) + 1, bar);
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
}

// Seeds: figures of one at a time, in the whole of an experiment.

for (const section of experiments.length ? experiments : [document]) {
  const groups = [...section.querySelectorAll(".seeds")];
  const bars = groups.map((group) => {
    const figures = [...group.querySelectorAll("figure")];
    const names = figures.map((figure) => figure.dataset.seed);
    const bar = switcher("Seed", names, (chosen) => {
      groups.forEach((one, place) => {
        [...one.querySelectorAll("figure")].forEach((figure, seed) => { figure.hidden = seed !== chosen; });
        bars[place].press(chosen);
      });
    });
    figures.forEach((figure, seed) => { figure.hidden = seed !== 0; });
    group.prepend(bar.group);
    return bar;
  });
}

// What scrolls sideways by itself says so, and can be reached by keyboard (tables always can).

function reach() {
  for (const box of document.querySelectorAll("figure, .table")) {
    const isWide = box.scrollWidth > box.clientWidth;
    box.classList.toggle("wide", isWide);
    if (isWide) box.tabIndex = 0;
    else if (box.tagName === "FIGURE") box.removeAttribute("tabindex");
  }
}
reach();
addEventListener("resize", reach);
addEventListener("load", reach);

// Code, such as the config and the command that make the run again.

for (const code of document.querySelectorAll("pre")) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "Copy" });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.querySelector("code").textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code.querySelector("code"));
      button.textContent = "Selected";
    }
  });
  code.before(button);
}

// Paper shows what is folded.

addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details:not([open])")) {
    fold.open = true;
    fold.dataset.folded = "";
  }
});
addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll("details[data-folded]")) {
    fold.open = false;
    delete fold.dataset.folded;
  }
});
