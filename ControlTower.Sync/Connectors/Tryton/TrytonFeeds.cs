using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// What happened in Tryton to sales that we posted: invoices posted or paid, shipments done, whoever did it. Tryton has no change feed and pushes nothing;
/// <c>write_date</c> is null until a record's first change, so both dates are asked, with an overlap because they tell when a transaction began.
/// </summary>
internal sealed class TrytonFeeds(TrytonRpc rpc, string timeZone)
{
    private const int PageSize = 100;

    public async Task<FeedAnswer> ReadAsync(FeedRequest request, CancellationToken cancel)
    {
        if (request.Resource is not null)
        {
            return new FeedAnswer.Failed(new Outcome.Refused(FailureKind.Missing, "resource", "Tryton's records come with its feeds."));
        }

        if (request.Feed == LedgerFeeds.Invoices)
        {
            // One that was cancelled before it was posted has no number and never was in the books.
            var (rows, cursor, more) = await RowsAsync(
                request, "account.invoice", TrytonLedger.Fields,
                [TrytonValue.Clause("type", "=", "out"), TrytonValue.Clause("state", "in", TrytonValue.Names("posted", "paid", "cancelled")), TrytonValue.Clause("number", "!=", null)], cancel).ConfigureAwait(false);
            return TrytonLedger.Statement(rows, cursor, more, timeZone);
        }

        return request.Feed switch
        {
            TrytonConnector.InvoicesFeed => await PageAsync(
                request, "account.invoice", TrytonTranslator.InvoiceTopic, TrytonTranslator.InvoiceFields,
                [TrytonValue.Clause("type", "=", "out"), TrytonValue.Clause("state", "in", TrytonValue.Names("posted", "paid"))], cancel).ConfigureAwait(false),
            TrytonConnector.ShipmentsFeed => await PageAsync(
                request, "stock.shipment.out", TrytonTranslator.ShipmentTopic, TrytonTranslator.ShipmentFields, [TrytonValue.Clause("state", "=", "done")], cancel)
                .ConfigureAwait(false),
            _ => new FeedAnswer.Failed(new Outcome.Refused(FailureKind.Missing, "feed", $"Tryton has no feed '{request.Feed}'.")),
        };
    }

    private async Task<FeedAnswer> PageAsync(FeedRequest request, string model, string topic, string[] fields, JsonArray[] only, CancellationToken cancel)
    {
        var (rows, next, more) = await RowsAsync(request, model, fields, only, cancel).ConfigureAwait(false);
        return new FeedAnswer.Page([.. rows.Select(r => Item(topic, r)).OfType<FeedItem>()], next, more);
    }

    private async Task<(IReadOnlyList<JsonElement> Rows, string Cursor, bool More)> RowsAsync(FeedRequest request, string model, string[] fields, JsonArray[] only, CancellationToken cancel)
    {
        var cursor = TrytonCursor.Parse(request.Cursor);
        var from = cursor.From ?? (cursor.Mark ?? request.Since) - request.Overlap;
        var domain = new JsonArray([.. only, TrytonValue.Clause("id", ">", cursor.AfterId), ChangedSince(from)]);
        var rows = await rpc.SearchAsync(model, domain, fields, cancel, PageSize, new JsonArray(new JsonArray("id", "ASC"))).ConfigureAwait(false);
        var high = rows.Select(Changed).OfType<DateTimeOffset>().Append(cursor.High ?? cursor.Mark ?? from).Max();
        return rows.Count < PageSize
            ? (rows, new TrytonCursor(Mark: high).ToString(), false)
            : (rows, new TrytonCursor(cursor.Mark, from, TrytonValue.Id(rows[^1]) ?? cursor.AfterId, high).ToString(), true);
    }

    private static JsonArray ChangedSince(DateTimeOffset from) => new(
        "OR",
        TrytonValue.Clause("write_date", ">=", TrytonValue.Of(from)),
        new JsonArray(TrytonValue.Clause("write_date", "=", null), TrytonValue.Clause("create_date", ">=", TrytonValue.Of(from))));

    public static DateTimeOffset? Changed(JsonElement row) => TrytonValue.Time(row, "write_date") ?? TrytonValue.Time(row, "create_date");

    // Records of sales that nobody posted through us bear no key and are of no interest.
    private static FeedItem? Item(string topic, JsonElement row)
    {
        if (TrytonValue.Id(row) is not { } id || TrytonTranslator.WebId(topic, row) is not { } key)
        {
            return null;
        }

        var body = StableJson.Of(row);
        return new FeedItem(topic, $"{id}:{StableJson.Digest(body)}", $"sale/{key}", body);
    }
}
