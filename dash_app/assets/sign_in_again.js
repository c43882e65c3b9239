// A session that ended (12 hours, a log-out in another tab) leads to the login page and back to this one, instead
// of a page that silently stands still.
(function () {
    const plain = window.fetch;
    window.fetch = async function (...request) {
        const answer = await plain.apply(this, request);
        if (answer.status === 401 && new URL(answer.url).origin === window.location.origin) {
            window.location.reload();
            return new Promise(() => {});  // nobody is to draw an error while the page goes
        }
        return answer;
    };
})();
