// How old what is shown may be, told once for every tile: style.css writes it beside each title.
// data-state comes from the badge of the header, data-reach from whether the dashboard itself answers.
(function () {
    const root = document.documentElement;
    const plain = window.fetch;
    window.fetch = async function (...request) {
        try {
            const answer = await plain.apply(this, request);
            delete root.dataset.reach;
            return answer;
        } catch (error) {
            if (error.name !== "AbortError") {
                root.dataset.reach = "lost";
            }
            throw error;
        }
    };
    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.tileState = {
        tell: function (badge) {
            root.dataset.state = String(badge || "").split(" ").slice(0, 2).join("-").toLowerCase();
            if (root.dataset.state.startsWith("stale")) {
                root.dataset.state = "stale";
            }
        },
    };
})();
