using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using ControlTower.Simulator.Vendor;
using ControlTower.Sync.Connectors;
using Microsoft.OData.Edm;
using Microsoft.OData.Edm.Csdl;

namespace ControlTower.Tests.Conformance.BusinessCentral;

/// <summary>What the vendor's description says about a request: entity sets, fields, who may write them, types, lengths, members of enumerations, actions.</summary>
internal static partial class BusinessCentralSchema
{
    private static readonly JsonElement Sets = JsonDocument.Parse(VendorFile.ReadText(VendorFile.BusinessCentralEntities)).RootElement.GetProperty("entitySets");
    private static readonly Lazy<IEdmModel> Metadata = new(() => CsdlReader.Parse(XmlReader.Create(new StringReader(VendorFile.ReadText(VendorFile.BusinessCentralMetadata)))));

    public static IReadOnlyList<string> Objections(VendorRequest request)
    {
        var problems = new List<string>();
        var path = Uri.UnescapeDataString(request.Address.AbsolutePath);
        var segments = path[(path.IndexOf("/api/v2.0/", StringComparison.Ordinal) + "/api/v2.0/".Length)..].Split('/');
        if (segments[0].StartsWith("companies(", StringComparison.Ordinal))
        {
            segments = segments[1..];
        }

        var (set, action) = ("", "");
        foreach (var segment in segments)
        {
            var name = Key().Replace(segment, "");
            if (name.StartsWith("Microsoft.NAV.", StringComparison.Ordinal))
            {
                action = name;
            }
            else if (set.Length == 0)
            {
                set = name;
            }
            else
            {
                set = Set(set, problems)?.Items("navigation").Where(n => n.Text("name") == name).Select(n => n.Text("target")).FirstOrDefault() ?? Add(problems, $"{set} has no navigation {name}");
            }
        }

        if (Set(set, problems) is not { } entity)
        {
            return problems;
        }

        if (Metadata.Value.EntityContainer.FindEntitySet(set) is null)
        {
            problems.Add($"{set} is not in the metadata");
        }

        Query(request, set, entity, problems);
        if (action.Length > 0)
        {
            Check(entity.Items("boundActions").Any(a => a.Text("name") == action), $"{set} has no action {action}");
            Check(request.Body.Length == 0, "an action takes no body");
        }
        else
        {
            var allowed = request.Method.Method switch { "POST" => "insert", "PATCH" => "update", "DELETE" => "delete", _ => null };
            Check(allowed is null || entity.Flag(allowed) == true, $"{set} allows no {allowed}");
            Check(request.Method.Method is not ("PATCH" or "DELETE") || request.Headers.ContainsKey("If-Match"), $"{request.Method} lacks If-Match");
        }

        if (request.Body.Length > 0)
        {
            Body(request.Json, set, entity, problems);
        }

        return problems;

        void Check(bool fine, string problem)
        {
            if (!fine)
            {
                problems.Add(problem);
            }
        }
    }

    private static void Body(JsonElement body, string set, JsonElement entity, List<string> problems)
    {
        foreach (var member in body.EnumerateObject())
        {
            if (entity.Items("navigation").FirstOrDefault(n => n.Text("name") == member.Name) is { ValueKind: JsonValueKind.Object } navigation)
            {
                foreach (var child in member.Value.EnumerateArray())
                {
                    Body(child, navigation.Text("target")!, Set(navigation.Text("target")!, problems)!.Value, problems);
                }

                continue;
            }

            var field = entity.Items("fields").FirstOrDefault(f => f.Text("name") == member.Name);
            if (field.ValueKind != JsonValueKind.Object || field.Flag("editable") != true)
            {
                problems.Add($"{set}.{member.Name} cannot be written");
                continue;
            }

            if (!Fits(member.Value, field))
            {
                problems.Add($"{set}.{member.Name} is no {field.Text("type")}");
            }

            if (field.Amount("maxLength") is { } longest && member.Value.ValueKind == JsonValueKind.String && member.Value.GetString()!.Length > longest)
            {
                problems.Add($"{set}.{member.Name} is longer than {longest}");
            }
        }
    }

    private static bool Fits(JsonElement value, JsonElement field) => field.Text("type") switch
    {
        "Edm.Guid" => Guid.TryParse(value.GetString(), null, out _),
        "Edm.Decimal" => value.ValueKind == JsonValueKind.Number,
        "Edm.Int32" or "Edm.Int64" => value.TryGetInt64(out _),
        "Edm.Boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "Edm.Date" => DateOnly.TryParseExact(value.GetString(), "yyyy-MM-dd", null, default, out _),
        "Edm.String" => value.ValueKind == JsonValueKind.String,
        _ => field.Items("values").Any(v => v.Text() == value.GetString()),
    };

    private static void Query(VendorRequest request, string set, JsonElement entity, List<string> problems)
    {
        foreach (var part in request.Address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = (part.Split('=')[0], Uri.UnescapeDataString(part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..]));
            var names = name switch
            {
                "$select" => value.Split(','),
                "$orderby" => [value.Split(' ')[0]],
                "$filter" => [.. Comparison().Matches(value).Select(m => m.Groups["field"].Value)],
                _ => [],
            };
            problems.AddRange(names.Where(n => entity.Items("fields").All(f => f.Text("name") != n)).Select(n => $"{set} has no field {n}"));
            if (name == "$expand" && entity.Items("navigation").All(n => n.Text("name") != value))
            {
                problems.Add($"{set} has no navigation {value}");
            }
        }
    }

    private static JsonElement? Set(string name, List<string> problems)
    {
        if (Sets.At(name) is { } set)
        {
            return set;
        }

        problems.Add($"there is no entity set {name}");
        return null;
    }

    private static string Add(List<string> problems, string problem)
    {
        problems.Add(problem);
        return "";
    }

    [GeneratedRegex(@"\(.*\)$", RegexOptions.NonBacktracking)]
    private static partial Regex Key();

    [GeneratedRegex(@"(?<field>\w+) (eq|ge|gt|le|lt|ne) ", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Comparison();
}
