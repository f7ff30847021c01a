using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using ControlTower.Sync.Connectors;
using Npgsql;

namespace ControlTower.Tests.Journeys.Peers;

internal sealed record ShopOrder(string Id, string Code, string State, bool HasLeft, decimal Paid, decimal UnitsShipped, IReadOnlyList<ShopRefund> Refunds, int Notes)
{
    /// <summary>Paid back for returns that the tower took.</summary>
    public decimal Returned => Refunds.Where(r => r.ByTower).Sum(r => r.Amount);

    /// <summary>An order that was cancelled after it left came back as a return: it stays sold.</summary>
    public bool IsCancelled => State == "Cancelled" && !HasLeft;
}

/// <param name="ByTower">Its reason says that it pays out one of the tower's returns.</param>
internal sealed record ShopRefund(string Id, decimal Amount, bool ByTower);

/// <param name="Total">Negative: what came back of the sale with this code.</param>
internal sealed record ErpSale(string Code, string State, decimal Total, IReadOnlyList<(string State, decimal Total)> Invoices, IReadOnlyList<string> Shipments)
{
    /// <summary>False if it was taken back: nothing of it is in the books.</summary>
    public bool Counts => State != "cancelled" && !(State == "done" && Invoices.Concat(Shipments.Select(s => (State: s, Total: 0m))).All(i => i.State == "cancelled"));
}

/// <summary>The ERP's accounts and stock, whatever sale they belong to: what customers were charged, what was taken off their accounts by payments and credit notes, units that left and came back.</summary>
internal sealed record ErpBooks(decimal Charged, decimal TakenOff, decimal UnitsShipped, decimal UnitsBack);

/// <param name="Stages">By the id of the order, or of the return.</param>
/// <param name="Open">Work that is not finished: messages, deliveries, cases.</param>
internal sealed record TowerBooks(IReadOnlyDictionary<string, string> Stages, IReadOnlyList<(string Order, string Id, string Amount)> Refunds, string Open);

/// <summary>What each side says, read by calls of this file's own: the product's connectors are what is being judged.</summary>
internal sealed class PeerLedgers(PeerSystems peers, HttpClient http)
{
    public async Task<IReadOnlyList<ShopOrder>> ShopAsync(CancellationToken cancel)
    {
        var orders = new List<ShopOrder>();
        while (true)
        {
            var query = $$"""
                { orders(options: { take: 100, skip: {{orders.Count}}, filter: { active: { eq: false } }, sort: { id: ASC } }) { totalItems items {
                    id code state fulfillments { state lines { quantity } } payments { amount state refunds { id total state reason } } history(options: { filter: { type: { eq: "ORDER_NOTE" } } }) { totalItems } } } }
                """;
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{peers.Vendure.Setting("baseUrl")}/admin-api") { Content = JsonContent.Create(new { query }) };
            request.Headers.Add("vendure-api-key", peers.Vendure.Secret("apiKey"));
            using var response = await http.SendAsync(request, cancel);
            var list = (await JsonNode.ParseAsync(await response.Content.ReadAsStreamAsync(cancel), cancellationToken: cancel))!["data"]!["orders"]!;
            orders.AddRange(list["items"]!.AsArray().Select(o => new ShopOrder(
                (string)o!["id"]!, (string)o["code"]!, (string)o["state"]!, o["fulfillments"]!.AsArray().Any(f => (string)f!["state"]! is "Shipped" or "Delivered"),
                o["payments"]!.AsArray().Where(p => (string)p!["state"]! == "Settled").Sum(p => (decimal)p!["amount"]!) / 100m,
                o["fulfillments"]!.AsArray().Where(f => (string)f!["state"]! is "Shipped" or "Delivered").SelectMany(f => f!["lines"]!.AsArray()).Sum(l => (decimal)l!["quantity"]!),
                [.. o["payments"]!.AsArray().SelectMany(p => p!["refunds"]!.AsArray()).Where(r => (string)r!["state"]! == "Settled")
                    .Select(r => new ShopRefund((string)r!["id"]!, (decimal)r["total"]! / 100m, ((string?)r["reason"])?.StartsWith("ControlTower return ", StringComparison.Ordinal) == true))],
                (int)o["history"]!["totalItems"]!)));
            if (orders.Count >= (int)list["totalItems"]! || list["items"]!.AsArray().Count == 0)
            {
                return orders;
            }
        }
    }

    public async Task<(IReadOnlyList<ErpSale> Sales, ErpBooks Books)> ErpAsync(CancellationToken cancel)
    {
        var (user, password) = (peers.Tryton.Setting("user"), peers.Tryton.Secret("password"));
        var login = (await CallAsync(null, "common.db.login", new JsonArray(user, new JsonObject { ["password"] = password }, "en"), cancel)).AsArray();
        var session = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{(int)login[0]!}:{(string)login[1]!}"));
        var context = await CallAsync(session, "model.res.user.get_preferences", new JsonArray(true, new JsonObject()), cancel);
        var fields = new JsonArray("reference", "state", "total_amount", "invoices.state", "invoices.total_amount", "shipments.state", "shipment_returns.state");
        var sales = await CallAsync(session, "model.sale.sale.search_read", new JsonArray(new JsonArray(), 0, null, null, fields, context), cancel);
        var entries = (await CallAsync(session, "model.account.move.line.search_read", new JsonArray(
            new JsonArray(new JsonArray("account.type.receivable", "=", true)), 0, null, null, new JsonArray("debit", "credit"), context.DeepClone()), cancel)).AsArray();
        var books = new ErpBooks(
            entries.Sum(e => Number(e!["debit"]!)), entries.Sum(e => Number(e!["credit"]!)), await UnitsAsync(session, context, "to_location", cancel), await UnitsAsync(session, context, "from_location", cancel));
        return ([.. sales.AsArray().Select(s => new ErpSale(
            (string?)s!["reference"] ?? string.Empty, (string)s["state"]!, Number(s["total_amount"]!),
            [.. s["invoices."]!.AsArray().Select(i => ((string)i!["state"]!, Number(i["total_amount"]!)))], [.. s["shipments."]!.AsArray().Concat(s["shipment_returns."]!.AsArray()).Select(m => (string)m!["state"]!)]))], books);
    }

    private async Task<decimal> UnitsAsync(string session, JsonNode context, string side, CancellationToken cancel) => (await CallAsync(session, "model.stock.move.search_read", new JsonArray(
        new JsonArray(new JsonArray($"{side}.type", "=", "customer"), new JsonArray("state", "=", "done")), 0, null, null, new JsonArray("quantity"), context.DeepClone()), cancel))
        .AsArray().Sum(m => (decimal)m!["quantity"]!);

    public static async Task<TowerBooks> TowerAsync(string connectionString, CancellationToken cancel)
    {
        await using var data = NpgsqlDataSource.Create(connectionString);
        var stages = new Dictionary<string, string>(StringComparer.Ordinal);
        await using (var rows = await data.CreateCommand("select source_id, stage || '/' || status from flow").ExecuteReaderAsync(cancel))
        {
            while (await rows.ReadAsync(cancel))
            {
                stages.Add(rows.GetString(0), rows.GetString(1));
            }
        }

        var refunds = new List<(string, string, string)>();
        await using (var rows = await data.CreateCommand(
            "select f.source_id, l.reference, l.detail from event_log l join flow f on f.id = l.flow_id where l.type = 'order.refunded'").ExecuteReaderAsync(cancel))
        {
            while (await rows.ReadAsync(cancel))
            {
                refunds.Add((rows.GetString(0), rows.GetString(1), rows.GetString(2)));
            }
        }

        await using var open = data.CreateCommand(
            """
            select (select count(*) from inbox_work) || ' messages, ' || (select count(*) from delivery) || ' deliveries, '
                || (select count(*) from exception_case where state in ('open', 'retrying')) || ' cases'
                || coalesce((select ': ' || string_agg(distinct code || ' (' || message || ')', '; ') from exception_case where state in ('open', 'retrying')), '')
            """);
        return new TowerBooks(stages, refunds, (string)(await open.ExecuteScalarAsync(cancel))!);
    }

    private async Task<JsonNode> CallAsync(string? session, string method, JsonArray parameters, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{peers.Tryton.Setting("baseUrl")}/{peers.Tryton.Setting("database")}/")
        {
            Content = new StringContent(new JsonObject { ["id"] = 1, ["method"] = method, ["params"] = parameters }.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        if (session is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Session {session}");
        }

        using var response = await http.SendAsync(request, cancel);
        response.EnsureSuccessStatusCode();
        var answer = (await JsonNode.ParseAsync(await response.Content.ReadAsStreamAsync(cancel), cancellationToken: cancel))!;
        return answer["result"]?.DeepClone() ?? throw new InvalidOperationException($"{method}: {answer.ToJsonString()}");
    }

    private static decimal Number(JsonNode value) => decimal.Parse((string)value["decimal"]!, NumberStyles.Number, CultureInfo.InvariantCulture);
}
