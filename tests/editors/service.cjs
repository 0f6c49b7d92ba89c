// Asks the YAML language service what an editor would: what can stand at a place, what a key means, what is wrong.
// node service.cjs NODE_MODULES < {"schema": path, "asks": [{"text", "line", "character"}]}; answers in the same order.
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL, fileURLToPath } = require("node:url");

const modules = path.resolve(process.argv[2]);
const { getLanguageService } = require(path.join(modules, "yaml-language-server"));
const { TextDocument } = require(path.join(modules, "vscode-languageserver-textdocument"));

async function main() {
  const { schema, asks } = JSON.parse(fs.readFileSync(0, "utf8"));
  const service = getLanguageService({
    schemaRequestService: async (uri) => fs.readFileSync(fileURLToPath(uri.split("#")[0]), "utf8"),
    workspaceContext: { resolveRelativePath: (relative, resource) => new URL(relative, resource).toString() },
    telemetry: { send() {}, sendError() {}, sendTrack() {} },
    clientCapabilities: {},
  });
  service.configure({
    validate: true, completion: true, hover: true, customTags: [],
    schemas: schema ? [{ fileMatch: ["*"], uri: pathToFileURL(schema).toString() }] : [],
  });
  const answers = [];
  for (const [number, { text, line, character, file }] of asks.entries()) {
    const uri = pathToFileURL(file || `/show/${number}.yaml`).toString();
    const document = TextDocument.create(uri, "yaml", 1, text);
    const at = { line, character };
    const offered = await service.doComplete(document, at, false);
    const hover = await service.doHover(document, at);
    const wrong = await service.doValidation(document, false);
    const words = (value) => (value && typeof value === "object" ? value.value : value) || "";
    answers.push({
      offered: Object.fromEntries(offered.items.map((item) => [item.label, words(item.documentation)])),
      hover: hover ? words(hover.contents) : "",
      wrong: wrong.map((one) => one.message),
    });
  }
  process.stdout.write(JSON.stringify(answers));
}

main().catch((error) => { console.error(error); process.exit(1); });
