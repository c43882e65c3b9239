// The small lines in the cards, drawn from a few dozen numbers between 0 and 1. React leaves these boxes alone.
(function () {
    const SVG = "http://www.w3.org/2000/svg";
    const WIDTH = 100, HEIGHT = 30, MARGIN = 2;  // of the view box; style stretches it

    const path = function (points, className) {
        const drawn = document.createElementNS(SVG, "path");
        drawn.setAttribute("d", points);
        drawn.setAttribute("class", className);
        drawn.setAttribute("vector-effect", "non-scaling-stroke");
        return drawn;
    };
    const draw = function (box, values) {
        const step = WIDTH / Math.max(1, values.length - 1);
        const line = "M" + values.map((value, place) =>
            `${(place * step).toFixed(1)},${(HEIGHT - MARGIN - value * (HEIGHT - 2 * MARGIN)).toFixed(1)}`).join("L");
        const picture = document.createElementNS(SVG, "svg");
        picture.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
        picture.setAttribute("preserveAspectRatio", "none");
        picture.append(path(`${line}L${WIDTH},${HEIGHT}L0,${HEIGHT}Z`, "spark-area"), path(line, "spark-line"));
        box.replaceChildren(picture);
    };

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.overview = {
        drawSparklines: function (lines) {
            Object.entries(lines || {}).forEach(([card, values]) => {
                const box = document.getElementById(`${card}-spark`);
                if (box && Array.isArray(values) && values.some((value) => value > 0)) {
                    draw(box, values);
                } else if (box) {
                    box.replaceChildren();
                }
            });
            return window.dash_clientside.no_update;
        },
    };
})();
