// Cells that are more than text. React makes text of every value; the link is one of our own pages.
window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {};
window.dashAgGridComponentFunctions.ClientLink = function (props) {
    const href = props.data && props.data.href;
    return href && /^\/[^/\\]/.test(href)
        ? React.createElement("a", {href: href, className: "client-link"}, String(props.value))
        : String(props.value === undefined || props.value === null ? "" : props.value);
};
