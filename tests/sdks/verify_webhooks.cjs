// What the vendors' own verifiers say of each posted request: a list of true and false.
// node verify_webhooks.cjs shopify|ses < {"posts": [{"body", "headers"}], "secret", "url", "pem"}
const https = require("https");
const { PassThrough } = require("stream");

async function shopify({ posts, secret }) {
  require("@shopify/shopify-api/adapters/node");
  const { shopifyApi, LogSeverity } = require("@shopify/shopify-api");
  const { webhooks } = shopifyApi({
    apiKey: "key",
    apiSecretKey: secret,
    hostName: "in.example.com",
    apiVersion: "2026-07",
    isEmbeddedApp: true,
    logger: { level: LogSeverity.Error, log: () => {} },
  });
  const judge = async ({ body, headers }) => {
    const rawRequest = { method: "POST", url: "/", headers };
    const rawBody = Buffer.from(body, "base64").toString();
    return (await webhooks.validate({ rawBody, rawRequest })).valid;
  };
  return judge;
}

async function ses({ url, pem }) {
  https.get = (asked, answered) => {
    const stream = new PassThrough();
    const href = typeof asked === "string" ? asked : asked.href;
    answered(Object.assign(stream, { statusCode: href === url ? 200 : 404 }));
    stream.end(href === url ? pem : "no certificate");
    return stream;
  };
  const Validator = require("sns-validator");
  const validator = new Validator();
  return ({ body }) =>
    new Promise((resolve) => {
      const text = Buffer.from(body, "base64").toString();
      validator.validate(text, (error) => resolve(!error));
    });
}

async function main(told) {
  const judge = await { shopify, ses }[process.argv[2]](told);
  const verdicts = [];
  for (const post of told.posts) {
    try {
      verdicts.push(await judge(post));
    } catch {
      verdicts.push(false); // an error of the vendor's code is a refusal too
    }
  }
  console.log(JSON.stringify(verdicts));
}

main(JSON.parse(require("fs").readFileSync(0, "utf8")));
