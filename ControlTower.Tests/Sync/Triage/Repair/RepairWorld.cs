using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Triage.Repair;
using ControlTower.Tests.Support;

namespace ControlTower.Tests.Sync.Triage.Repair;

/// <summary>Orders that the ERP refuses because it does not know their item, until somebody names one that it knows.</summary>
internal static class RepairWorld
{
    public const string Known = "ERP-1";

    public static readonly Actor Ida = new(Guid.Parse("00000000-0000-4000-8000-000000000001"), "Ida Holm", "Operations");
    public static readonly Actor Mads = new(Guid.Parse("00000000-0000-4000-8000-000000000002"), "Mads Krog", "Operations");

    /// <param name="orders">How many wait for a person, each with a case of the same cause.</param>
    public static async Task<EngineWorld> StuckAsync(int orders = 1)
    {
        var world = await EngineWorld.CreateAsync();
        world.Erp.Client.Answer = command => command is PostSalesOrder { Order.Lines: [{ Sku: not Known }, ..] }
            ? new Outcome.Refused(FailureKind.Missing, "unknown-item", "The ERP has no such item.", "lines.sku")
            : null;
        await world.PlaceAsync(Enumerable.Range(1, orders));
        await world.WorkOutboxAsync();
        return world;
    }

    public static RepairDesk Desk(this EngineWorld world) => world.Get<RepairDesk>();

    public static Task<long> CaseAsync(this EngineWorld world, int order = 1) =>
        world.Database.ScalarAsync<long>($"select c.id from exception_case c join flow f on f.id = c.flow_id where f.source_id = '{order}' order by c.id desc limit 1");

    public static Task<string?> StateAsync(this EngineWorld world, long id) => world.Database.ScalarAsync<string>($"select state from exception_case where id = {id}");

    public static async Task<string> TextAsync(this EngineWorld world, long id) => (await world.Desk().OpenAsync(id, default))!.Text!;

    /// <summary>The document with one value written differently.</summary>
    public static string With(string text, Action<JsonObject> change)
    {
        var document = JsonNode.Parse(text)!.AsObject();
        change(document);
        return document.ToJsonString();
    }

    public static string WithSku(string text, string sku = Known) => With(text, d => d["lines"]![0]!["sku"] = sku);

    public static RepairRule Rule(string text) => RuleText.Parse(text).Rule ?? throw new InvalidOperationException(RuleText.Parse(text).Problem);

    /// <summary>What the ERP took.</summary>
    public static IEnumerable<PostSalesOrder> Posted(this EngineWorld world) => world.Erp.Client.Ledger.OfType<PostSalesOrder>();

    /// <summary>The moment in which a repair can be undone goes by.</summary>
    public static async Task<int> SendAsync(this EngineWorld world)
    {
        await world.HurryAsync();
        return await world.WorkOutboxAsync();
    }

    /// <summary>Every order once in the books, nothing open, nothing left to do.</summary>
    public static string Canonical(Order order) => JsonSerializer.Serialize(order, CanonicalJson.Default.Order);
}
