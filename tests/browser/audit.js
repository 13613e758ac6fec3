// Looks at a page as it is drawn, and returns one sentence for each thing that is wrong with it.
(scheme) => {
  const root = document.documentElement;
  const faults = [];

  const describe = (element) => {
    const classes = typeof element.className === "string" && element.className ? `.${element.className.split(" ")[0]}` : "";
    const text = (element.textContent || element.value || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${element.localName}${element.id ? `#${element.id}` : classes}> "${text}"`;
  };
  const isShown = (element) => {
    const box = element.getBoundingClientRect();
    return element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && box.width > 1 && box.height > 1;
  };
  const all = (selector) => [...document.querySelectorAll(selector)];

  // Nothing is wider than the window.
  if (root.scrollWidth > root.clientWidth) {
    const wide = all("body *").filter((element) => isShown(element) && element.getBoundingClientRect().right > root.clientWidth + 1);
    faults.push(`${root.scrollWidth} px wide in a window of ${root.clientWidth}: ${wide.slice(-3).map(describe).join(", ")}`);
  }

  // Nothing spills out of its own box, over what stands beside it.
  for (const element of all("a, button, p, li, dt, dd, th, td, h1, h2, h3, label, legend, pre, summary, .badge").filter(isShown)) {
    const style = getComputedStyle(element);
    if (style.display === "inline" || style.overflowX !== "visible") continue;
    if (element.scrollWidth > element.clientWidth + 1) faults.push(`spills ${element.scrollWidth - element.clientWidth} px: ${describe(element)}`);
  }

  // A screen reader finds its way: one title, names for all fields and for everything that can be pressed.
  const titles = all("h1").filter(isShown);
  if (titles.length !== 1) faults.push(`${titles.length} h1`);
  if (!document.title.trim() || document.title.startsWith("·")) faults.push(`title "${document.title}"`);
  if (!root.lang) faults.push("no language");
  for (const field of all("input:not([type=hidden]), select, textarea")) {
    const named = field.labels.length || field.getAttribute("aria-label") || field.getAttribute("aria-labelledby");
    if (!named) faults.push(`no label: ${describe(field)}`);
    for (const id of (field.getAttribute("aria-describedby") || "").split(" ").filter(Boolean)) {
      if (!document.getElementById(id)) faults.push(`described by "${id}", which is not there: ${describe(field)}`);
    }
  }
  const ids = all("[id]").map((element) => element.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`id "${id}" twice`);
  for (const button of all("button:not([aria-hidden=true]), a[href], summary").filter(isShown)) {
    if (!(button.getAttribute("aria-label") || button.textContent.trim())) faults.push(`no name: ${describe(button)}`);
    // 44 px is what a thumb hits. Links inside of text are as high as the text.
    const height = button.getBoundingClientRect().height;
    if (button.matches("button, a.button, .tabs a, .menu a") && height < (matchMedia("(pointer: coarse)").matches ? 43.5 : 30)) {
      faults.push(`only ${height} px high: ${describe(button)}`);
    }
  }
  for (const image of all("img:not([alt])")) faults.push(`no alt: ${image.src}`);

  // Every text can be read against its ground (WCAG 2.2, 1.4.3).
  const parse = (colour) => {
    const numbers = colour.match(/^rgba?\(([^)]*)\)$/)?.[1].split(/[\s,/]+/).map(Number);
    return numbers ? { rgb: numbers.slice(0, 3), alpha: numbers[3] ?? 1 } : null;
  };
  const over = (top, below) => top.rgb.map((value, at) => value * top.alpha + below[at] * (1 - top.alpha));
  const ground = (element) => {
    if (!element) return parse("rgb(255, 255, 255)").rgb;
    const colour = parse(getComputedStyle(element).backgroundColor);
    return colour.alpha === 1 ? colour.rgb : over(colour, ground(element.parentElement));
  };
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || element.closest("script, svg, option, [disabled]") || !isShown(element)) continue;
    const style = getComputedStyle(element);
    const behind = ground(element);
    const [light, dark] = [luminance(over(parse(style.color), behind)), luminance(behind)].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (isLarge ? 3 : 4.5)) faults.push(`contrast ${contrast.toFixed(1)}: ${describe(element)}`);
  }

  const paper = luminance(ground(document.body));
  if (scheme === "dark" ? paper > 0.05 : paper < 0.8) faults.push(`in the ${scheme} scheme the ground has a luminance of ${paper.toFixed(2)}`);
  return [...new Set(faults)];
}
