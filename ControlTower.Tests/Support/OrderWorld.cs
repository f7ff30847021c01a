using System.Globalization;
using Npgsql;

namespace ControlTower.Tests.Support;

/// <summary>
/// A small retailer in a test database: two shops, one ERP, and what happened to their orders, written as the engine writes it. Each method returns the new id.
/// </summary>
public sealed class OrderWorld(TestDatabase database)
{
    public const string Shop = "shopify-eu";
    public const string OtherShop = "vendure-uk";
    public const string Erp = "bc-eu";

    private int messages;

    public async Task<OrderWorld> ConnectAsync()
    {
        await database.ExecuteAsync(
            """
            insert into connection (id, kind, role, name, brand, region, currency, time_zone) values
              ('bc-eu', 'business-central', 'erp', 'Business Central EU', 'Northlane', 'EU', 'EUR', 'Europe/Berlin');
            insert into connection (id, kind, role, name, brand, region, currency, time_zone, posts_to) values
              ('shopify-eu', 'shopify', 'shop', 'Shopify EU', 'Northlane', 'EU', 'EUR', 'Europe/Berlin', 'bc-eu'),
              ('vendure-uk', 'vendure', 'shop', 'Vendure UK', 'Fjord', 'UK', 'GBP', 'Europe/London', 'bc-eu');
            update connection set created_at = now() - interval '1 year';
            insert into connection_gate (connection_id) values ('bc-eu'), ('shopify-eu'), ('vendure-uk');
            """);
        return this;
    }

    /// <summary>An order with its references by name, GID and number.</summary>
    public async Task<long> OrderAsync(
        string name, decimal value = 100m, string stage = "reserved", string status = "open", string source = Shop, string currency = "EUR", string? sourceId = null,
        TimeSpan? age = null, TimeSpan? inStage = null, string? brand = null)
    {
        sourceId ??= "gid://shopify/Order/" + Math.Abs(name.GetHashCode(StringComparison.Ordinal)).ToString(CultureInfo.InvariantCulture);
        var id = await InsertAsync(
            """
            insert into flow (kind, source, source_id, brand, name, erp, state, version, steps, stage, status, value, currency, placed_at, stage_since)
            values ('order-to-cash', $1, $2, $3, $4, 'bc-eu', '{}', 1, 1, $5, $6, $7, $8, now() - $9, now() - $10) returning id
            """,
            source, sourceId, brand ?? (source == OtherShop ? "Fjord" : "Northlane"), name, stage, status, value, currency,
            age ?? TimeSpan.FromMinutes(30), inStage ?? TimeSpan.FromMinutes(20));
        await ReferenceAsync(id, "shop-name", name);
        await ReferenceAsync(id, "shop-order", sourceId);
        return id;
    }

    public Task ReferenceAsync(long flow, string kind, string value) =>
        RunAsync("insert into flow_reference (flow_id, kind, value) values ($1, $2, $3) on conflict do nothing", flow, kind, value);

    public Task StepAsync(long flow, int step, string type, string stage, string? system = null, string? reference = null, string? detail = null, TimeSpan? ago = null, string? trace = null) =>
        RunAsync("insert into event_log (flow_id, step, type, stage, system, reference, detail, at, trace_id) values ($1, $2, $3, $4, $5, $6, $7, now() - $8, $9)",
            flow, step, type, stage, system, reference, detail, ago ?? TimeSpan.Zero, trace);

    /// <param name="flow">The order that the message was applied to; null for one that has not ended.</param>
    public async Task<long> MessageAsync(
        long? flow, string connection = Shop, string topic = "orders/create", string body = "{}", string? trace = null, TimeSpan? ago = null, string? eventId = null, string lane = "order/1")
    {
        var id = await InsertAsync(
            """
            insert into inbox_message (connection_id, topic, event_id, lane, body, body_hash, trace_id, received_at)
            values ($1, $2, $3, $7, convert_to($4, 'UTF8'), sha256(convert_to($4, 'UTF8')), $5, now() - $6) returning id
            """,
            connection, topic, eventId ?? $"event-{++messages}", body, trace, ago ?? TimeSpan.Zero, lane);
        if (flow is { } owner)
        {
            await RunAsync("insert into inbox_outcome (message_id, outcome, flow_id) values ($1, 'processed', $2)", id, owner);
        }

        return id;
    }

    public Task PostingAsync(
        long flow, string key, string kind = "PostSalesOrder", string state = "intended", string connection = Erp, string? number = null, decimal value = 100m, string currency = "EUR") =>
        RunAsync(
            """
            insert into posting (key, flow_id, connection_id, kind, document_version, value, currency, state, reference, number, settled_at)
            values ($1, $2, $3, $4, 1, $5, $6, $7, case when $7 = 'confirmed' then coalesce($8, 'ref') end, $8, case when $7 = 'confirmed' then now() end)
            """,
            key, flow, connection, kind, value, currency, state, number);

    public Task DeliveryAsync(
        long flow, string key, int state = 0, int lane = 0, int attempts = 0, string kind = "PostSalesOrder", string connection = Erp, TimeSpan? dueIn = null, string? failure = null,
        string? message = null) =>
        RunAsync(
            """
            insert into delivery (posting_key, connection_id, flow_id, kind, state, lane, attempts, document_version, value, currency, due_at, last_failure, last_message,
                first_sent_at, last_sent_at)
            values ($1, $2, $3, $4, $5::smallint, $6::smallint, $7, 1, 100, 'EUR', now() + $8, $9, $10, case when $7 > 0 then now() end, case when $7 > 0 then now() end)
            """,
            key, connection, flow, kind, state, lane, attempts, dueIn ?? TimeSpan.Zero, failure, message);

    public Task<long> CallAsync(
        long flow, string key, int? status = 400, string outcome = "refused", string? failure = "refused", int attempt = 1, string? request = """{"taxCode":"VAT19-DE"}""",
        string? response = """{"error":{"code":"Internal_RecordNotFound"}}""", string connection = Erp, string purpose = "PostSalesOrder", TimeSpan? ago = null) =>
        InsertAsync(
            """
            insert into vendor_call (connection_id, posting_key, flow_id, purpose, attempt, verb, path, status, outcome, failure, request, response, started_at, took_ms)
            values ($1, $2, $3, $4, $5, 'POST', '/api/v2.0/salesOrders', $6, $7, $8, $9, $10, now() - $11, 412) returning id
            """,
            connection, key, flow, purpose, attempt, status, outcome, failure, request, response, ago ?? TimeSpan.Zero);

    public Task<long> CaseAsync(
        long? flow, string fingerprint = "missing:bc-eu:tax-code", string failure = "missing", string code = "tax-code", string title = "VAT code VAT19-DE not set up",
        string message = "The VAT Posting Setup does not exist.", string? connection = Erp, decimal value = 100m, string? currency = "EUR", string state = "open", string brand = "Northlane",
        string? postingKey = null, long? messageId = null, long? callId = null, TimeSpan? age = null, int attempts = 1) =>
        InsertAsync(
            """
            insert into exception_case (fingerprint, failure, code, title, message, connection_id, flow_id, posting_key, message_id, call_id, value, currency, brand, state, attempts,
                opened_at, last_seen_at, closed_at, closed_by, proven, resolution, subject)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, now() - $16, now() - $16,
                case when $14 in ('resolved', 'discarded') then now() end, case when $14 in ('resolved', 'discarded') then 'tower' end, $14 = 'resolved', null, $17) returning id
            """,
            fingerprint, failure, code, title, message, connection, flow, postingKey, messageId, callId, value, currency, brand, state, attempts, age ?? TimeSpan.FromMinutes(5),
            $"test/{Guid.NewGuid():N}");

    private async Task<long> InsertAsync(string sql, params object?[] values)
    {
        await using var command = Command(sql, values);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task RunAsync(string sql, params object?[] values)
    {
        await using var command = Command(sql, values);
        await command.ExecuteNonQueryAsync();
    }

    private NpgsqlCommand Command(string sql, object?[] values)
    {
        var command = database.Sources.Work.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }

        return command;
    }
}
