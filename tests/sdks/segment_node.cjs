// @segment/analytics-node as its documentation shows it: url, write key, events
const { Analytics } = require("@segment/analytics-node");

const [url, writeKey, count] = process.argv.slice(2);
const analytics = new Analytics({ writeKey, host: url, flushAt: 15, disable: false });
analytics.on("error", (error) => {
  console.error(error);
  process.exitCode = 1;
});
analytics.identify({ userId: "node-0", traits: { first_name: "Ada", plan: "gold" } });
for (let number = 0; number < Number(count); number++) {
  const userId = `node-${number % 5}`;
  analytics.track({ userId, event: "Seen", properties: { number } });
}
analytics.closeAndFlush().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
