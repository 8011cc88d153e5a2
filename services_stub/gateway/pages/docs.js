// Shows the OpenAPI document of the gateway, and sends requests. Everything is put in as text, never as markup.
"use strict";

let documentOfAll;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function resolve(node) {
  let found = node;
  while (found && found.$ref) {
    found = found.$ref.slice(2).split("/").reduce((at, key) => at[key], documentOfAll);
  }
  return found || {};
}

function nameOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf || schema.oneOf) return (schema.anyOf || schema.oneOf).map(nameOf).join(" or ");
  if (schema.type === "array") return `list of ${nameOf(schema.items || {})}`;
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  return [].concat(schema.type || "anything").join(" or ");
}

function bounds(schema) {
  const names = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "default", "format"];
  return names.filter((name) => name in schema).map((name) => `${name} ${JSON.stringify(schema[name])}`).join(", ");
}

function exampleOf(schema, depth = 0) {
  const found = resolve(schema);
  if ("default" in found) return found.default;
  if (found.enum) return found.enum[0];
  const choices = found.anyOf || found.oneOf;
  if (choices) return exampleOf(choices[0], depth);
  if (found.type === "object" || found.properties) {
    const required = Object.keys(found.properties || {}).filter((name) => (found.required || []).includes(name));
    return depth > 4 ? {} : Object.fromEntries(required.map((name) => [name, exampleOf(found.properties[name], depth + 1)]));
  }
  if (found.type === "array") return depth > 4 ? [] : [exampleOf(found.items || {}, depth + 1)];
  if (found.type === "integer") return found.minimum || 1;
  if (found.type === "number") return 9.99;
  if (found.type === "boolean") return true;
  return "text";
}

function fieldsOf(schema) {
  const found = resolve(schema);
  if (!found.properties) return make("p", {}, make("code", {}, nameOf(schema)));
  const rows = Object.entries(found.properties).map(([name, field]) => make("tr", {},
    make("td", {}, make("code", {}, name)),
    make("td", {}, nameOf(field)),
    make("td", { class: "dim" }, [(found.required || []).includes(name) ? "required" : "", bounds(field)].filter(Boolean).join(", ")),
    make("td", {}, field.description || "")));
  return make("div", {}, found.description ? make("p", { class: "dim" }, found.description) : null, make("table", {}, ...rows));
}

function bodySchema(holder) {
  const content = (resolve(holder).content || {})["application/json"];
  return content ? content.schema : null;
}

function parametersOf(parameters) {
  const rows = parameters.map((parameter) => make("tr", {},
    make("td", {}, make("code", {}, parameter.name)),
    make("td", {}, parameter.in),
    make("td", {}, nameOf(parameter.schema || {})),
    make("td", { class: "dim" }, [parameter.required ? "required" : "", bounds(parameter.schema || {})].filter(Boolean).join(", ")),
    make("td", {}, parameter.description || "")));
  return make("table", {}, ...rows);
}

function requestOf(method, path, inputs, body) {
  const query = new URLSearchParams();
  const headers = {};
  let target = path;
  for (const { parameter, input } of inputs) {
    if (parameter.in === "path") target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (input.value && parameter.in === "query") query.set(parameter.name, input.value);
    else if (input.value && parameter.in === "header") headers[parameter.name] = input.value;
  }
  const token = document.getElementById("token").value.trim();
  if (token) headers.authorization = `Bearer ${token}`;
  if (body) headers["content-type"] = "application/json";
  return [String(query) ? `${target}?${query}` : target, { method: method.toUpperCase(), headers, body: body ? body.value : undefined }];
}

async function send(method, path, inputs, body, answer) {
  answer.textContent = "…";
  try {
    const response = await fetch(...requestOf(method, path, inputs, body));
    const text = await response.text();
    let shown = text;
    try {
      const value = JSON.parse(text);
      shown = JSON.stringify(value, null, 2);
      if (response.ok && value.accessToken) document.getElementById("token").value = value.accessToken;
    } catch { /* not JSON: shown as it is */ }
    answer.textContent = `${response.status} ${response.statusText}\n${shown}`;
  } catch (error) {
    answer.textContent = String(error);
  }
}

function trial(method, path, parameters, requestBody) {
  const inputs = parameters.map((parameter) => ({ parameter, input: make("input", { type: "text", autocomplete: "off" }) }));
  const schema = bodySchema(requestBody);
  const body = schema ? make("textarea", { spellcheck: "false", "aria-label": "Body" }) : null;
  if (body) body.value = JSON.stringify(exampleOf(schema), null, 2);
  const answer = make("pre", {});
  const button = make("button", { type: "button" }, "Send");
  button.addEventListener("click", () => send(method, path, inputs, body, answer));
  const fields = inputs.map(({ parameter, input }) => make("label", {}, `${parameter.name} (${parameter.in})`, input));
  return make("div", { class: "try" }, make("h3", {}, "Try it"), ...fields, body, make("div", {}, button), answer);
}

function whoMay(operation) {
  const needed = operation.security || [];
  if (!needed.length || needed.some((entry) => !Object.keys(entry).length)) return "anyone";
  return needed.flatMap((entry) => entry.bearer || []).join(", ");
}

function contentOf(method, path, operation) {
  const parameters = (operation.parameters || []).map(resolve);
  const parts = [make("p", {}, operation.description || "", " ", make("span", { class: "dim" }, `For ${whoMay(operation)}.`))];
  if (parameters.length) parts.push(make("h3", {}, "Parameters"), parametersOf(parameters));
  const body = bodySchema(operation.requestBody);
  if (body) parts.push(make("h3", {}, `Body: ${nameOf(body)}`), fieldsOf(body));
  for (const [status, answer] of Object.entries(operation.responses || {})) {
    const schema = bodySchema(answer);
    parts.push(make("h3", {}, status === "default" ? "Refused: Problem" : `${status}${schema ? `: ${nameOf(schema)}` : ""}`));
    if (schema) parts.push(fieldsOf(schema.type === "array" ? schema.items : schema));
  }
  const streams = Object.keys((resolve((operation.responses || {})["200"]).content) || {}).includes("text/event-stream");
  if (!streams) parts.push(trial(method, path, parameters, operation.requestBody));
  return parts;
}

function operationOf(method, path, operation) {
  const summary = make("summary", {}, make("span", { class: "method" }, method.toUpperCase()),
    make("code", {}, path), " ", make("span", { class: "dim" }, operation.summary || ""));
  const details = make("details", { id: operation.operationId }, summary);
  details.dataset.words = `${method} ${path} ${operation.summary || ""}`.toLowerCase();
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(...contentOf(method, path, operation));
  });
  return details;
}

function show() {
  const byTag = new Map(documentOfAll.tags.map((tag) => [tag.name, []]));
  for (const [path, operations] of Object.entries(documentOfAll.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      byTag.get(operation.tags[0]).push(operationOf(method, path, operation));
    }
  }
  const shown = [...byTag].filter(([, operations]) => operations.length);
  document.getElementById("about").textContent = `${documentOfAll.info.description} Version ${documentOfAll.info.version}.`;
  document.getElementById("tags").replaceChildren(...shown.map(([tag]) => make("a", { href: `#tag-${tag}` }, tag)));
  document.getElementById("operations").replaceChildren(
    ...shown.map(([tag, operations]) => make("section", {}, make("h2", { id: `tag-${tag}` }, tag), ...operations)));
  const linked = document.getElementById(location.hash.slice(1));
  if (linked instanceof HTMLDetailsElement) linked.open = true;
  if (linked) linked.scrollIntoView();
}

function filter(event) {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll("section")) {
    const details = [...section.querySelectorAll("details")];
    for (const entry of details) entry.hidden = !words.every((word) => entry.dataset.words.includes(word));
    section.hidden = details.every((entry) => entry.hidden);
  }
}

async function load() {
  document.getElementById("filter").addEventListener("input", filter);
  documentOfAll = await (await fetch("/openapi.json")).json();
  show();
}

load().catch((error) => { document.getElementById("about").textContent = `The document cannot be shown: ${error}`; });
