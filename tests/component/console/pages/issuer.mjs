// A real OpenID Connect issuer for tests: node issuer.mjs <port> <redirect uri> <node_modules>. Whoever signs in is in the
// group of his name's first part: staff-olena is in "staff". It prints a line once it listens.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [port, redirectUri, modules] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(createRequire(`${modules}/`).resolve("oidc-provider")));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "console", client_secret: "example-client-secret-01", redirect_uris: [redirectUri], grant_types: ["authorization_code"], response_types: ["code"] }],
  claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups"], email: ["email", "email_verified"] },
  pkce: { required: () => true },
  async findAccount(_context, id) {
    return { accountId: id, claims: async () => ({ sub: id, name: "Олена Тестова", preferred_username: id, groups: [id.split("-")[0]], email: `${id}@example.com`, email_verified: false }) };
  },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
