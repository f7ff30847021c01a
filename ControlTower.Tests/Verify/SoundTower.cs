using System.Text.Json;
using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Inventory;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using ControlTower.Tests.Support;
using ControlTower.Tests.Sync.Flows.OrderToCash;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Tests.Verify;

/// <summary>A database as a tower leaves it: one order posted to the ERP and reserved, one done, a message worked off, a trail of two actions, a living worker.</summary>
internal static class SoundTower
{
    public static async Task<TestDatabase> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("""
            insert into connection (id, kind, role, name, brand, currency) values ('erp', 'business-central', 'erp', 'ERP', 'brand', 'EUR');
            insert into connection (id, kind, role, name, brand, posts_to) values ('shop-eu', 'shopify', 'shop', 'Shop', 'brand', 'erp');
            insert into connection_gate (connection_id, owner, lease_until, fence) values ('erp', gen_random_uuid(), now() + interval '30 seconds', 3);
            insert into node (id, roles, host, version, started_at, beat_at) values (gen_random_uuid(), 'both', 'here', '0.1', now() - interval '1 hour', now());
            insert into inbox_message (connection_id, topic, event_id, lane, body, body_hash, received_at)
                select 'shop-eu', 'orders/create', 'e' || n, 'order/5501', convert_to('{}', 'UTF8'), sha256(convert_to('{}', 'UTF8')), now() - interval '10 minutes' from generate_series(1, 3) n;
            insert into inbox_work (message_id, connection_id, lane, state, due_at, park_until, reason)
                select id, connection_id, lane, 1, now() + interval '1 minute', now() + interval '1 day', 'waits for its order' from inbox_message where event_id = 'e3';
            """);
        await StockStore.AddLocationsAsync(database.Sources.Work, [new("east", "East", "warehouse"), new("store-1", "Store", "store")], CancellationToken.None);
        await StockStore.CountAsync(database.Sources.Work, [new("TEE", "east", 10), new("CAP", "east", 10)], "test", CancellationToken.None);
        await StoreAsync(database, FlowBench.Posted(Sample.Order(payment: PaymentState.Paid)), "5501", commit: false);
        await StoreAsync(database, Done(), "5502", commit: true);
        await StoreAsync(database, SoldAtTill(), "5503", commit: false, till: "store-1");
        await database.ExecuteAsync("insert into inbox_outcome (message_id, outcome, flow_id) select id, 'processed', (select min(id) from flow) from inbox_message where event_id <> 'e3'");
        await database.ExecuteAsync("""
            update connection set settings = '{"publishStock":"all","location:1":"east"}' where id = 'shop-eu';
            select publication_mark(1000);
            """);
        var audit = new AuditLog(database.Sources, TimeProvider.System);
        await audit.AppendAsync(new AuditEntry(Actor.Tower("retention"), "a:b:c", "flow:1", Reason: "Ünïcode \"quoted\"", Detail: new Dictionary<string, string>(StringComparer.Ordinal) { ["n"] = "1" }));
        await audit.AppendAsync(new AuditEntry(Actor.Tower("retention"), "a:b:c", "flow:2"));
        return database;
    }

    private static FlowBench Done()
    {
        var bench = new FlowBench();
        bench.Context = bench.Context with { Key = new OrderKey("shop-eu", "5502") };
        bench.Tell(Sample.Stated(Sample.Order(payment: PaymentState.Paid) with { Key = bench.Context.Key }));
        bench.Deliver(DeliveryKind.PostSalesOrder);
        bench.Deliver(DeliveryKind.AcknowledgeOrder);
        bench.Tell(Sample.FromErp(bench.SalesOrder, "S1", true, new ShipmentLine("TEE", 2), new ShipmentLine("CAP", 1)));
        bench.Deliver(DeliveryKind.FulfilOrder);
        bench.Tell(Sample.Invoiced(bench.SalesOrder, 62.40m, 62.40m));
        bench.Deliver(DeliveryKind.PostPayment);
        return bench;
    }

    /// <summary>The store never counted what it sold: its stock is below zero, which is a fact and no violation.</summary>
    private static FlowBench SoldAtTill()
    {
        var bench = new FlowBench();
        bench.Context = bench.Context with { Key = new OrderKey("shop-eu", "5503") };
        bench.Tell(Sample.Stated(Sample.Order(payment: PaymentState.Paid) with { Key = bench.Context.Key, Fulfilment = FulfilmentMode.HandedOver, PickupLocation = "store-1" }));
        bench.Tell(Sample.FromShop("till", true, new ShipmentLine("TEE", 2), new ShipmentLine("CAP", 1)) with { Key = bench.Context.Key });
        bench.Deliver(DeliveryKind.PostSalesOrder);
        bench.Deliver(DeliveryKind.ShipSalesOrder, ("invoiceId", "INV1"), ("invoiceNumber", "N-1"));
        bench.Deliver(DeliveryKind.PostPayment);
        return bench;
    }

    /// <summary>What the engine would have stored of a bench's life.</summary>
    private static async Task StoreAsync(TestDatabase database, FlowBench bench, string id, bool commit, string? till = null)
    {
        var summary = bench.Summary;
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        var flow = (long)(await Command(connection, """
            insert into flow (kind, source, source_id, brand, name, erp, state, version, steps, stage, status, applied_version, value, currency, placed_at, created_at)
            values ('order-to-cash', 'shop-eu', $1, 'brand', $2, 'erp', $3, 1, $4, $5, $6, $7, $8, $9, $10, now() - interval '5 minutes') returning id
            """,
            id, summary.Name, new NpgsqlParameter { Value = FlowBench.Json(bench.State!), NpgsqlDbType = NpgsqlDbType.Jsonb }, bench.Facts.Count, summary.Stage,
            summary.Status.ToString().ToLowerInvariant(), summary.AppliedVersion, summary.Value.Amount, summary.Value.Currency, summary.PlacedAt).ExecuteScalarAsync())!;
        foreach (var (fact, i) in bench.Facts.Select((f, i) => (f, i)))
        {
            await Command(connection, "insert into event_log (flow_id, step, type, stage) values ($1, $2, $3, $4)", flow, i + 1, fact.Type, fact.Stage).ExecuteNonQueryAsync();
        }

        foreach (var document in bench.Documents.Values)
        {
            var body = new NpgsqlParameter { Value = JsonSerializer.Serialize(document, CanonicalJson.Default.Order), NpgsqlDbType = NpgsqlDbType.Jsonb };
            await Command(connection, "insert into order_document (flow_id, version, body) values ($1, $2, $3)", flow, document.Version, body).ExecuteNonQueryAsync();
        }

        foreach (var reference in bench.References)
        {
            await Command(connection, "insert into flow_reference (flow_id, kind, value) values ($1, $2, $3)", flow, reference.Kind, reference.Value).ExecuteNonQueryAsync();
        }

        foreach (var asked in bench.Asked)
        {
            var open = bench.Open.ContainsKey(asked.Key);
            await Command(connection, """
                insert into posting (key, flow_id, connection_id, kind, document_version, value, currency, state, reference) values ($1, $2, $3, $4, $5, $6, $7, $8, case when $8 = 'confirmed' then 'ref-1' end)
                """, asked.Key.Value, flow, asked.Target, asked.Kind.ToString(), asked.DocumentVersion, asked.Value.Amount, asked.Value.Currency, open ? "intended" : "confirmed").ExecuteNonQueryAsync();
            if (open)
            {
                await Command(connection, "insert into delivery (posting_key, connection_id, flow_id, kind, document_version, value, currency) values ($1, $2, $3, $4, $5, $6, $7)",
                    asked.Key.Value, asked.Target, flow, asked.Kind.ToString(), asked.DocumentVersion, asked.Value.Amount, asked.Value.Currency).ExecuteNonQueryAsync();
            }
        }

        StockLine[] lines = [new("l1", "TEE", 2), new("l2", "CAP", 1)];
        await using var transaction = await connection.BeginTransactionAsync();
        await StockStore.ApplyAsync(connection, transaction, [till is null ? new StockRequest.Reserve(flow, lines) : new StockRequest.Take(flow, lines, till)], CancellationToken.None);
        await transaction.CommitAsync();
        if (commit)
        {
            await Command(connection, "select stock_apply('{}', array[$1], '[]')", flow).ExecuteNonQueryAsync();
        }
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
