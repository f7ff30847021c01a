using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Configuration;

namespace ControlTower.Sync.Configuration;

/// <summary>
/// The configuration as one file: JSON of a published shape (<see cref="Schema"/>), items in one order, so that the same configuration is the same bytes. Pure. Nothing secret has a place in it.
/// </summary>
public static class ConfigurationFile
{
    /// <summary>Rises when a file of before could be misread.</summary>
    public const int Version = 1;

    public const string Kind = "controltower-configuration";
    public const int MostBytes = 4 * 1024 * 1024;
    public const int MostItems = 20_000;

    /// <summary>Problems beyond this many are not told.</summary>
    public const int MostProblems = 100;

    private static readonly JsonWriterOptions Readable = new() { Indented = true, IndentSize = 2, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The same items are the same bytes, in whatever order they come.</summary>
    public static byte[] Write(IEnumerable<ConfigurationItem> items)
    {
        var bySection = items.ToLookup(item => item.Section.Name, StringComparer.Ordinal);
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Readable))
        {
            json.WriteStartObject();
            json.WriteString("kind", Kind);
            json.WriteNumber("version", Version);
            json.WriteStartObject("sections");
            foreach (var section in ConfigurationSections.All)
            {
                json.WriteStartArray(section.Name);
                foreach (var item in bySection[section.Name].OrderBy(item => item.Order, StringComparer.Ordinal))
                {
                    item.Members().WriteTo(json);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    /// <summary>Reads a file of anybody's hand. A section that is not in it says nothing about its things.</summary>
    /// <returns>Items by section; or what is wrong, each with its place. Never throws on hostile bytes.</returns>
    public static (IReadOnlyDictionary<string, IReadOnlyList<ConfigurationItem>>? Sections, IReadOnlyList<ConfigurationProblem> Problems) Read(ReadOnlyMemory<byte> file)
    {
        if (file.Length > MostBytes)
        {
            return (null, [new("", $"The file is larger than {MostBytes / 1024 / 1024} MB.")]);
        }

        try
        {
            using var document = JsonDocument.Parse(WithoutMark(file), new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            List<ConfigurationProblem> problems = [];
            var sections = Sections(document.RootElement, problems);
            return problems.Count > 0 ? (null, [.. problems.Take(MostProblems)]) : (sections, []);
        }
        catch (JsonException broken)
        {
            return (null, [new("", $"This is no JSON that can be read{(broken.LineNumber is { } line ? $", at line {line + 1}" : "")}. Every member stands once, and nothing is nested deeper than the file needs.")]);
        }
    }

    /// <summary>The JSON Schema of the file, for editors and reviewers.</summary>
    public static string Schema()
    {
        var sections = new JsonObject();
        foreach (var section in ConfigurationSections.All)
        {
            var members = new JsonObject();
            foreach (var field in section.Fields)
            {
                members[field.Name] = Shape(field);
            }

            var needed = new JsonArray([.. section.Fields.Where(field => !field.MayBeNull).Select(field => (JsonNode)field.Name)]);
            sections[section.Name] = new JsonObject
            {
                ["title"] = section.Title, ["type"] = "array",
                ["items"] = new JsonObject { ["type"] = "object", ["properties"] = members, ["required"] = needed, ["additionalProperties"] = false },
            };
        }

        var root = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Configuration of a ControlTower",
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["kind"] = new JsonObject { ["const"] = Kind }, ["version"] = new JsonObject { ["const"] = Version },
                ["sections"] = new JsonObject { ["type"] = "object", ["properties"] = sections, ["additionalProperties"] = false },
            },
            ["required"] = new JsonArray("kind", "version", "sections"),
            ["additionalProperties"] = false,
        };
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Readable))
        {
            root.WriteTo(json);
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> file) => file.Span.StartsWith("\uFEFF"u8) ? file[3..] : file;

    private static Dictionary<string, IReadOnlyList<ConfigurationItem>> Sections(JsonElement root, List<ConfigurationProblem> problems)
    {
        Dictionary<string, IReadOnlyList<ConfigurationItem>> sections = new(StringComparer.Ordinal);
        if (Head(root) is { } wrong)
        {
            problems.Add(wrong);
            return sections;
        }

        var read = 0;
        foreach (var member in root.GetProperty("sections").EnumerateObject())
        {
            var pointer = $"/sections/{ConfigurationItem.Escaped(member.Name)}";
            if (ConfigurationSections.Find(member.Name) is not { } section)
            {
                problems.Add(new(pointer, "There is no such section."));
            }
            else if (member.Value.ValueKind != JsonValueKind.Array)
            {
                problems.Add(new(pointer, "Here stands a list."));
            }
            else if ((read += member.Value.GetArrayLength()) > MostItems)
            {
                problems.Add(new(pointer, $"A file holds at most {MostItems} entries."));
                return sections;
            }
            else
            {
                sections[section.Name] = Items(section, member.Value, pointer, problems);
            }
        }

        return sections;
    }

    private static List<ConfigurationItem> Items(ConfigurationSection section, JsonElement list, string pointer, List<ConfigurationProblem> problems)
    {
        var items = list.EnumerateArray().Select((element, i) => ConfigurationItem.Read(section, element, $"{pointer}/{i}", problems)).OfType<ConfigurationItem>().ToList();
        problems.AddRange(items.GroupBy(item => item.Order, StringComparer.Ordinal).SelectMany(same => same.Skip(1)).Select(item => new ConfigurationProblem(item.Pointer, $"{item.Key} stands in this section twice.")));
        return [.. items.OrderBy(item => item.Order, StringComparer.Ordinal)];
    }

    private static ConfigurationProblem? Head(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("kind", out var kind) || kind.ValueKind != JsonValueKind.String || !kind.ValueEquals(Kind))
        {
            return new("/kind", "This is not the configuration of a tower.");
        }

        if (!root.TryGetProperty("version", out var version) || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number) || number != Version)
        {
            return new("/version", $"This tower reads files of version {Version}. Export the file anew from a tower of this version.");
        }

        if (root.EnumerateObject().Select(member => member.Name).FirstOrDefault(name => name is not ("kind" or "version" or "sections")) is { } unknown)
        {
            return new($"/{ConfigurationItem.Escaped(unknown)}", "There is no such member. Take it out, or look for a slip of the pen.");
        }

        return root.TryGetProperty("sections", out var sections) && sections.ValueKind == JsonValueKind.Object ? null : new("/sections", "The sections are missing.");
    }

    private static JsonObject Shape(ConfigurationField field)
    {
        var shape = field.Shape switch
        {
            FieldShape.Flag => new JsonObject { ["type"] = "boolean" },
            FieldShape.Whole => new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = field.Most },
            FieldShape.Number => new JsonObject { ["type"] = "number", ["minimum"] = 0 },
            FieldShape.Texts => new JsonObject { ["type"] = "array", ["maxItems"] = field.Most, ["items"] = new JsonObject { ["type"] = "string", ["maxLength"] = 200 } },
            FieldShape.Map => new JsonObject { ["type"] = "object", ["maxProperties"] = field.Most, ["additionalProperties"] = new JsonObject { ["type"] = "string", ["maxLength"] = 1000 } },
            _ => new JsonObject { ["type"] = "string", ["maxLength"] = field.Most },
        };
        if (field.MayBeNull)
        {
            shape["type"] = new JsonArray(shape["type"]!.GetValue<string>(), "null");
        }

        return shape;
    }
}
