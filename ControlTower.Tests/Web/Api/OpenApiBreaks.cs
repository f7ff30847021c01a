using System.Text.Json.Nodes;

namespace ControlTower.Tests.Web.Api;

/// <summary>What a newer document takes from programs that were written against an older one, in words; additions take nothing.</summary>
internal static class OpenApiBreaks
{
    public static IEnumerable<string> Of(JsonNode older, JsonNode newer)
    {
        var (before, after) = (new OpenApiReader(older), new OpenApiReader(newer));
        foreach (var (path, method, operation) in before.Operations)
        {
            var found = after.Operations.FirstOrDefault(o => o.Path == path && o.Method == method).Operation;
            if (found is null)
            {
                yield return $"{method} {path} is gone.";
                continue;
            }

            foreach (var said in OfOperation($"{method} {path}", operation, found))
                yield return said;
        }

        var (asked, answered) = (Reached(after, body: true), Reached(before, body: false));
        foreach (var (name, schema) in before.Schemas)
        {
            if (after.Schemas[name] is not JsonObject now)
                yield return $"The schema {name} is gone.";
            else
                foreach (var said in OfSchema(name, schema!.AsObject(), now, asked.Contains(name), answered.Contains(name)))
                    yield return said;
        }
    }

    private static IEnumerable<string> OfOperation(string name, JsonObject before, JsonObject after)
    {
        if ((string?)before["operationId"] != (string?)after["operationId"])
            yield return $"{name} is called {after["operationId"]} and was {before["operationId"]}.";
        if ((string?)before["x-scope"] != (string?)after["x-scope"])
            yield return $"{name} needs the scope {after["x-scope"]} and needed {before["x-scope"]}.";
        var (had, has) = (Parameters(before), Parameters(after));
        foreach (var parameter in had.Where(p => !has.ContainsKey(p.Key)))
            yield return $"{name} takes no {parameter.Key} any more.";
        foreach (var (key, parameter) in has)
        {
            if ((bool)parameter["required"]! && !(had.TryGetValue(key, out var former) && (bool)former["required"]!))
                yield return $"{name} needs {key} and did not.";
            if (had.TryGetValue(key, out former) && !JsonNode.DeepEquals(former["schema"], parameter["schema"]) && Words(former["schema"]!).Except(Words(parameter["schema"]!), StringComparer.Ordinal).FirstOrDefault() is { } word)
                yield return $"{name} takes no {word} as {key} any more.";
        }

        if (before["requestBody"] is null && after["requestBody"] is not null)
            yield return $"{name} needs a body and did not.";
        foreach (var status in before["responses"]!.AsObject().Where(r => r.Key[0] == '2' && after["responses"]![r.Key] is null))
            yield return $"{name} does not answer {status.Key} any more.";
    }

    private static IEnumerable<string> OfSchema(string name, JsonObject before, JsonObject after, bool asked, bool answered)
    {
        var (had, has) = (before["properties"]?.AsObject() ?? [], after["properties"]?.AsObject() ?? []);
        foreach (var (member, former) in had)
        {
            if (has[member] is not { } now)
                yield return $"{name} has no {member} any more.";
            else if (Kind(former!) != Kind(now))
                yield return $"{name}.{member} is {Kind(now)} and was {Kind(former!)}.";
        }

        var (needed, needs) = (Required(before), Required(after));
        if (asked)
        {
            foreach (var member in needs.Except(needed, StringComparer.Ordinal))
                yield return $"{name} needs {member} and did not.";
        }

        if (answered)
        {
            foreach (var member in needed.Except(needs, StringComparer.Ordinal))
                yield return $"{name} may lack {member} and never did.";
        }
    }

    private static Dictionary<string, JsonObject> Parameters(JsonObject operation) =>
        (operation["parameters"]?.AsArray() ?? []).ToDictionary(p => $"{p!["in"]} {p["name"]}", p => p!.AsObject(), StringComparer.Ordinal);

    private static IEnumerable<string> Words(JsonNode schema) => ((schema["enum"] ?? schema["items"]?["enum"])?.AsArray() ?? []).Select(word => (string)word!);

    private static IEnumerable<string> Required(JsonObject schema) => (schema["required"]?.AsArray() ?? []).Select(name => (string)name!);

    private static string Kind(JsonNode schema) => ((schema["$ref"] ?? schema["anyOf"] ?? schema["type"])?.ToJsonString() ?? "anything") + (schema["items"] is { } each ? $" of {Kind(each)}" : "");

    private static HashSet<string> Reached(OpenApiReader document, bool body)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        void Walk(JsonNode? node)
        {
            if (node is JsonObject members)
            {
                if (members["$ref"] is { } reference && ((string)reference!).Split('/')[^1] is var name && reached.Add(name))
                    Walk(document.Schemas[name]);
                foreach (var (_, member) in members)
                    Walk(member);
            }
            else if (node is JsonArray items)
            {
                foreach (var item in items)
                    Walk(item);
            }
        }

        foreach (var (_, _, operation) in document.Operations)
            Walk(body ? operation["requestBody"] : operation["responses"]);
        return reached;
    }
}
