using System.Globalization;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>Applies the query options of a list and shapes records for the wire. Called under the company's lock.</summary>
internal sealed class BcQuery(Company company, string baseUrl)
{
    /// <summary>The vendor returns no more than this at once.</summary>
    public const int LargestPage = 20000;

    private static readonly HashSet<string> Options = new(StringComparer.Ordinal) { "$filter", "$top", "$skip", "$orderby", "$select", "$expand", "$count", "$skiptoken", "tenant" };

    public Dictionary<string, object?> List(BcCall call, BcEntity entity, IEnumerable<BcRecord> rows, string path)
    {
        foreach (var option in call.Query.Keys.Where(o => o.StartsWith('$') && !Options.Contains(o))) throw BcError.Bad($"The query option '{option}' is not supported.");
        if (call.Option("$filter") is { } filter) rows = rows.Where(BcFilter.Parse(entity, filter));
        // An empty list must refuse a wrong name as well.
        CheckNames(entity, Names(call.Option("$select")));
        foreach (var name in Names(call.Option("$expand")) ?? []) _ = entity.Navigation.GetValueOrDefault(name) ?? throw BcError.Bad($"Could not find a property named '{name}' on type 'Microsoft.NAV.{entity.Name}'.");
        var order = BcOrder.Parse(entity, call.Option("$orderby"));
        var matching = rows.ToList();
        var sorted = matching.OrderBy(r => r, order).ToList();
        var token = call.Option("$skiptoken");
        var (rest, left) = token is null ? (sorted.Skip(Whole(call, "$skip") ?? 0), Whole(call, "$top") ?? int.MaxValue) : order.After(sorted, token);
        var size = Math.Min(Math.Min(call.MaxPageSize ?? LargestPage, LargestPage), left);
        var page = rest.Take(size + 1).ToList();
        var more = page.Count > size && left > size;
        if (page.Count > size) page.RemoveAt(size);
        var body = new Dictionary<string, object?> { ["@odata.context"] = $"{baseUrl}/$metadata#{path}" };
        if (call.Option("$count") == "true") body["@odata.count"] = matching.Count;
        body["value"] = page.Select(r => Shape(call, r)).ToList();
        if (more)
        {
            var query = string.Join('&', call.Query.Where(q => q.Key is not ("$skiptoken" or "$skip" or "$top")).Select(q => $"{q.Key}={Uri.EscapeDataString(q.Value)}").Append($"$skiptoken={Uri.EscapeDataString(order.Token(page[^1], left == int.MaxValue ? left : left - page.Count))}"));
            body["@odata.nextLink"] = $"{baseUrl}/{path}?{query}";
        }

        return body;
    }

    public Dictionary<string, object?> One(BcCall call, BcRecord record, string path)
    {
        var body = new Dictionary<string, object?> { ["@odata.context"] = $"{baseUrl}/$metadata#{path}/$entity" };
        foreach (var (name, value) in Shape(call, record)) body[name] = value;
        return body;
    }

    public Dictionary<string, object?> Shape(BcCall call, BcRecord record) => Shape(record, call.Option("$select"), call.Option("$expand"));

    private Dictionary<string, object?> Shape(BcRecord record, string? select, string? expand)
    {
        var chosen = Names(select);
        CheckNames(record.Entity, chosen);
        var body = new Dictionary<string, object?> { ["@odata.etag"] = record.Etag };
        foreach (var field in record.Entity.Fields.Where(f => chosen is null || chosen.Contains(f.Name))) body[field.Name] = BcRecord.Wire(record[field.Name]);
        foreach (var name in Names(expand) ?? [])
        {
            body[name] = Children(company, record, name).Select(c => Shape(c, null, null)).ToList();
        }

        return body;
    }

    private static HashSet<string>? Names(string? list) => list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);

    private static void CheckNames(BcEntity entity, HashSet<string>? names)
    {
        foreach (var name in names ?? []) _ = entity.Field(name) ?? throw BcError.Bad($"Could not find a property named '{name}' on type 'Microsoft.NAV.{entity.Name}'.");
    }

    /// <summary>What hangs under a record by a navigation property.</summary>
    public static IEnumerable<BcRecord> Children(Company company, BcRecord record, string navigation)
    {
        if (!record.Entity.Navigation.TryGetValue(navigation, out var target)) throw BcError.NoSegment(navigation);
        return (record.Entity.Set, navigation) switch
        {
            ("salesOrders", "salesOrderLines") or ("salesInvoices", "salesInvoiceLines") or ("salesCreditMemos", "salesCreditMemoLines") => new SalesDocuments(company).Lines(record),
            ("salesShipments", "salesShipmentLines") => company.Tables.All(target).Where(l => l.Ref("documentId") == record.Id).OrderBy(l => (int)l["sequence"]!),
            ("journals", "journalLines") or ("customerPaymentJournals", "customerPayments") => new Journals(company).Lines(record),
            _ => [],
        };
    }

    private static int? Whole(BcCall call, string option) => call.Option(option) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : throw BcError.Bad($"Invalid value '{text}' for {option} query option found. The {option} query option requires a non-negative integer value.");
}
