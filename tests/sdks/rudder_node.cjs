// @rudderstack/rudder-sdk-node as its documentation shows it: url, write key, events
const RudderAnalytics = require("@rudderstack/rudder-sdk-node");

const [url, writeKey, count] = process.argv.slice(2);
const client = new RudderAnalytics(writeKey, { dataPlaneUrl: url, flushAt: 20 });
client.identify({ userId: "node-0", context: { traits: { first_name: "Ada", plan: "gold" } } });
for (let number = 0; number < Number(count); number++) {
  client.track({ userId: `node-${number % 5}`, event: "Seen", properties: { number } });
}
client.flush((error) => {
  if (error) {
    console.error(error);
    process.exit(1);
  }
});
