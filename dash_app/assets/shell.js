// The shell in the browser: range and address, links that keep the range, pause, the phone's navigation.
// Times in the address are UTC; people choose them, and read their zone, in the browser's own.
(function () {
    const RANGE = ["range", "from", "to"];
    // what the links carry from page to page: the range, and the filters that more than one page understands
    const FILTERS = ["country", "asn", "route", "signal", "user_agent"];
    const KEPT = RANGE.concat(FILTERS, FILTERS.map((name) => "not_" + name));
    const DEFAULT_RANGE = "5m";
    const CUSTOM = "custom";
    const SHORTEST_MS = 60 * 1000;
    const LONGEST_MS = 31 * 86400 * 1000;

    const rangeOf = function (search) {
        const asked = new URLSearchParams(search || "");
        return asked.get("from") && asked.get("to") ? CUSTOM : asked.get("range") || DEFAULT_RANGE;
    };
    // the search with another range and everything else as it is
    const withRange = function (search, range) {
        const asked = new URLSearchParams(search || "");
        RANGE.forEach((name) => asked.delete(name));
        Object.entries(range).forEach(([name, value]) => asked.set(name, value));
        return "?" + asked.toString();
    };
    const moment = (text) => new Date(String(text || "").replace(" ", "T"));
    const utc = (date) => date.toISOString().slice(0, 19) + "Z";
    const zone = function () {
        const name = Intl.DateTimeFormat().resolvedOptions().timeZone || "local time";
        const minutes = -new Date().getTimezoneOffset();
        const two = (number) => String(Math.floor(number)).padStart(2, "0");
        const sign = minutes < 0 ? "−" : "+";
        return `${name}, UTC${sign}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
    };

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.decider = {
        chooseRange: function (range, search, _clicks, from, to, choices) {
            const same = window.dash_clientside.no_update;
            const shown = rangeOf(search);
            const known = choices.some((one) => one.value === shown) ? shown : DEFAULT_RANGE;
            const triggered = window.dash_clientside.callback_context.triggered_id;
            if (triggered === "custom-apply") {
                const start = moment(from), end = moment(to), length = end - start;
                if (!(length >= SHORTEST_MS && length <= LONGEST_MS)) {
                    return [same, same, true, "Choose an end that is a minute to 31 days after the start."];
                }
                return [CUSTOM, withRange(search, {from: utc(start), to: utc(end)}), false, ""];
            }
            if (triggered === "range" && range === CUSTOM) {
                return [same, same, true, ""];
            }
            if (triggered === "range" && range !== known) {
                return [same, withRange(search, {range: range}), false, ""];
            }
            return [range === known ? same : known, same, same, same];
        },
        followAddress: function (pathname, search, href) {
            const kept = new URLSearchParams();
            new URLSearchParams(search || "").forEach((value, name) => {
                if (KEPT.includes(name)) {
                    kept.append(name, value);
                }
            });
            const query = kept.toString();
            const trimmed = (path) => path.replace(/\/+$/, "") || "/";
            const path = href.split("?")[0];
            return [path + (query ? "?" + query : ""), trimmed(path) === trimmed(pathname || "/")];
        },
        tellZone: function () {
            return [`your time zone: ${zone()}`];
        },
        pause: function (clicks, search, live) {
            const isLive = live.includes(rangeOf(search));
            const paused = clicks % 2 === 1;
            const text = !isLive ? "Not live" : paused ? "Resume" : "Pause";
            return [isLive && !paused ? -1 : 0, text, !isLive];
        },
        openNavigation: function (opened, navbar) {
            return [{...navbar, collapsed: {mobile: !opened}}];
        },
        closeNavigation: function () {
            return [false];
        },
    };
})();
