"use strict";
document.querySelectorAll("svg.map").forEach(function (map) {
  function light(key) {
    map.classList.toggle("lit", key !== null);
    const near = new Set([key]);
    map.querySelectorAll("[data-from]").forEach(function (line) {
      const on = key !== null && (line.dataset.from === key || line.dataset.to === key);
      line.classList.toggle("lit", on);
      if (on) { near.add(line.dataset.from); near.add(line.dataset.to); }
    });
    map.querySelectorAll(".box").forEach(function (box) {
      box.classList.toggle("lit", key !== null && near.has(box.dataset.key));
    });
  }
  function open(box) {
    const card = document.getElementById("card-" + box.dataset.key);
    if (card) { card.showModal(); }
  }
  map.querySelectorAll(".box").forEach(function (box) {
    box.addEventListener("pointerenter", function () { light(box.dataset.key); });
    box.addEventListener("pointerleave", function () { light(null); });
    if (!box.classList.contains("stage")) { return; }
    box.addEventListener("focus", function () { light(box.dataset.key); });
    box.addEventListener("blur", function () { light(null); });
    box.addEventListener("click", function () { open(box); });
    box.addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(box); }
    });
  });
});
document.querySelectorAll("dialog.card").forEach(function (card) {
  card.addEventListener("click", function (event) {
    if (event.target === card || event.target.closest(".close")) { card.close(); }
  });
});
