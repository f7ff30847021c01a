using System.Globalization;
using System.Text.Json;
using Npgsql;

namespace ControlTower.Verify;

/// <summary>
/// The ERPs' own ledgers against our postings: what we count as posted is there once, with the same amount, currency and goods, and what is there is ours.
/// Only the estate can be asked for its ledger like this.
/// </summary>
internal sealed class ErpLedger
{
    private const string Postings = """
        select p.key, p.kind, p.connection_id, p.state, p.value, p.currency, p.flow_id,
            exists (select from posting u where u.flow_id = p.flow_id and u.kind = 'UpdateSalesOrder' and u.state in ('confirmed', 'unknown', 'intended')) as updated,
            exists (select from posting c where c.flow_id = p.flow_id and c.kind = 'CancelSalesOrder' and c.state in ('confirmed', 'unknown', 'intended')) as cancelled,
            exists (select from exception_case e where e.subject = 'flow/' || p.flow_id || '/erp-total-differs' and e.state in ('open', 'retrying')) as known_difference,
            (select string_agg(sku || ':' || quantity, ',' order by sku collate "C") from (
                select coalesce(m.to_value, l ->> 'sku') as sku, sum((l ->> 'quantity')::int) as quantity
                from order_document d
                left join lateral (
                    select body from posting_revision r where r.flow_id = d.flow_id and r.document_version = d.version and r.undone_at is null order by r.revision desc limit 1) r on true
                cross join jsonb_array_elements(coalesce(r.body, d.body) -> 'lines') l
                left join mapping m on m.connection_id = p.connection_id and m.kind = 'sku' and m.from_value = l ->> 'sku'
                    and m.at <= coalesce(p.settled_at, now()) and (m.removed_at is null or m.removed_at > coalesce(p.settled_at, now()))
                where d.flow_id = p.flow_id and d.version = p.document_version group by 1) g) as goods,
            coalesce(n.currency, '') as local_currency
        from posting p join connection n on n.id = p.connection_id where n.role = 'erp' and p.kind in ('PostSalesOrder', 'PostPayment', 'PostCreditMemo')
        """;

    public static readonly IReadOnlyList<(string Name, string Promise)> Promises =
    [
        ("erp-has-every-posting", "What we count as posted is in the ERP's own ledger."),
        ("erp-has-no-posting-twice", "Nothing stands twice in the ERP's own ledger."),
        ("erp-has-the-same-amounts", "Amount, currency and goods in the ERP are the ones that were sold."),
        ("erp-entries-are-ours", "Every order and payment in the ERP belongs to one of our postings."),
    ];

    private readonly Dictionary<string, List<JsonElement>> effects = new(StringComparer.Ordinal);
    private readonly VerifyOptions options;

    private ErpLedger(VerifyOptions options) => this.options = options;

    private sealed record Posting(
        string Key, string Kind, string Erp, string State, decimal Value, string Currency, bool Updated, bool Cancelled, bool KnownDifference, string? Goods, string LocalCurrency);

    public static async Task<ErpLedger> ReadAsync(VerifyOptions options, CancellationToken cancel)
    {
        using var http = new HttpClient { BaseAddress = options.Ledger, Timeout = TimeSpan.FromSeconds(60) };
        var ledger = new ErpLedger(options);
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(options.ConnectionString) { Pooling = false, Timeout = 10 }.ConnectionString);
        await connection.OpenAsync(cancel);
        await using var command = new NpgsqlCommand("select id from connection where role = 'erp' order by id", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var system = reader.GetString(0);
            using var answer = await http.GetAsync(new Uri($"/estate/ledger/{Uri.EscapeDataString(system)}", UriKind.Relative), cancel);
            if (!answer.IsSuccessStatusCode)
            {
                continue; // Not one of the estate's systems.
            }

            using var document = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(cancel), default, cancel);
            ledger.effects[system] = [.. document.RootElement.GetProperty("effects").EnumerateArray().Select(e => e.Clone())];
        }

        return ledger;
    }

    public async Task<IReadOnlyList<Finding>> CompareAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var postings = await ReadPostingsAsync(connection, cancel);
        // Read again after the snapshot: what the tower had confirmed by then must be there. What is ours is judged by the earlier reading: its intent was saved before.
        var later = (await ReadAsync(options, cancel)).effects;
        var ours = postings.Select(p => p.Key).ToHashSet(StringComparer.Ordinal);
        List<string?[]> missing = [], doubled = [], different = [], strangers = [];
        foreach (var posting in postings.Where(p => later.ContainsKey(p.Erp)))
        {
            var kind = posting.Kind switch { "PostPayment" => "payment-posted", "PostCreditMemo" => "credit-memo-posted", "PostJournal" => "journal-posted", _ => "order-posted" };
            var there = later[posting.Erp].Where(e => Text(e, "kind") == kind && Text(e, "externalDocumentNumber") == posting.Key).ToList();
            var gone = later[posting.Erp].Count(e => Text(e, "kind") == "order-deleted" && Text(e, "externalDocumentNumber") == posting.Key);
            if (posting.State == "confirmed" && there.Count == 0)
            {
                missing.Add([posting.Key, posting.Kind, posting.Erp]);
            }

            if (there.Count - gone > 1)
            {
                doubled.Add([posting.Key, posting.Kind, posting.Erp, Number(there.Count), string.Join(' ', there.Select(e => Text(e, "number")))]);
            }

            if (posting.State == "confirmed" && there.Count > 0 && !posting.Updated && !posting.Cancelled && !posting.KnownDifference && Difference(posting, there[^1]) is { } what)
            {
                different.Add([posting.Key, posting.Kind, posting.Erp, what]);
            }
        }

        foreach (var (system, all) in effects)
        {
            strangers.AddRange(all.Where(e => Text(e, "kind") is "order-posted" or "payment-posted" && !ours.Contains(Text(e, "externalDocumentNumber") ?? ""))
                .Select(e => new[] { system, Text(e, "kind"), Text(e, "number"), Text(e, "externalDocumentNumber") }));
        }

        return
        [
            Found(Promises[0], ["key", "kind", "erp"], missing),
            Found(Promises[1], ["key", "kind", "erp", "times", "numbers"], doubled),
            Found(Promises[2], ["key", "kind", "erp", "what"], different),
            Found(Promises[3], ["erp", "kind", "number", "external"], strangers),
        ];
    }

    private static string? Difference(Posting posting, JsonElement entry)
    {
        var amount = entry.GetProperty("amount").GetDecimal();
        var currency = Text(entry, "currency") is { Length: > 0 } code ? code : posting.LocalCurrency;
        if (amount != posting.Value)
        {
            return $"amount {Number(amount)}, sold for {Number(posting.Value)}";
        }

        if (currency.Length > 0 && currency != posting.Currency)
        {
            return $"currency {currency}, sold in {posting.Currency}";
        }

        if (posting.Kind != "PostSalesOrder" || posting.Goods is not { } goods)
        {
            return null;
        }

        var sold = goods.Split(',').Select(g => g[..g.LastIndexOf(':')]).ToHashSet(StringComparer.Ordinal);
        var there = entry.GetProperty("lines").EnumerateArray().Where(l => sold.Contains(Text(l, "sku") ?? ""))
            .GroupBy(l => Text(l, "sku")!, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key}:{Number(g.Sum(l => l.GetProperty("quantity").GetDecimal()))}");
        var text = string.Join(',', there);
        return text == goods ? null : $"goods {text}, sold {goods}";
    }

    private static async Task<List<Posting>> ReadPostingsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Postings, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<Posting> list = [];
        while (await reader.ReadAsync(cancel))
        {
            list.Add(new Posting(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetDecimal(4), reader.GetString(5), reader.GetBoolean(7), reader.GetBoolean(8),
                reader.GetBoolean(9), reader.IsDBNull(10) ? null : reader.GetString(10), reader.GetString(11)));
        }

        return list;
    }

    private static Finding Found((string Name, string Promise) what, string[] columns, List<string?[]> rows) => new(what.Name, what.Promise, rows.Count, columns, [.. rows.Take(Checker.MostRows)]);

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Number(decimal value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
