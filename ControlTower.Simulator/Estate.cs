using ControlTower.Simulator.BusinessCentral;
using ControlTower.Simulator.Faults;
using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Scenarios;
using ControlTower.Simulator.Shopify;
using ControlTower.Simulator.Shopify.Webhooks;
using ControlTower.Simulator.Square;
using ControlTower.Simulator.Stripe;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator;

/// <summary>One ERP with everything around it.</summary>
public sealed record Erp(Company Company, Clerk Clerk, Notifier Notifier, TokenIssuer Tokens, RequestLimits Limits, FaultBoard Faults, BcApi Api);

/// <summary>Everything the estate consists of: four shops, two ERPs, tills if asked for, traffic, faults, journals.</summary>
public sealed class Estate : IAsyncDisposable
{
    private readonly List<Journal> journals = [];

    public Estate(EstateOptions options, CancellationToken stopping)
    {
        Options = options;
        if (options.DataDir is not null) Directory.CreateDirectory(options.DataDir);
        var secrets = new Secrets(options.Seed);
        Webhooks = new WebhookSender(options, stopping);
        Shops = Markets.All.Select(m => new Shop(m, options, Open(m.SystemId), secrets)).ToList();
        Erps = [Erp("bc-eu", "Northlane Europe GmbH", "EUR", false, secrets, stopping), Erp("bc-us", "Fjell USA Inc.", "USD", true, secrets, stopping)];
        ShopFaults = Shops.ToDictionary(s => s.Market.SystemId, s => new FaultBoard(options.Seed + s.Market.Index, options.Clock));
        foreach (var shop in Shops) shop.Outbound = (s, topic, body) => Webhooks.Send(s, ShopFaults[s.Market.SystemId], topic, body);
        if (options.Tills > 0) Pos = new Pos(new PosAccount(options, Open("square-eu"), secrets), new FaultBoard(options.Seed + 23, options.Clock), stopping);
        if (options.Payments) Cards = new Cards(new CardAccount(options, [.. Shops.Where(s => s.Market.PostsTo == "bc-eu" && s.Market.Decimals == 2)], secrets), new FaultBoard(options.Seed + 29, options.Clock));
        Traffic = new TrafficPump(this);
        Scenario = options.Scenario is null ? null : new DeskScenario(this);
    }

    public EstateOptions Options { get; }
    public IReadOnlyList<Shop> Shops { get; }
    public IReadOnlyList<Erp> Erps { get; }
    public IReadOnlyDictionary<string, FaultBoard> ShopFaults { get; }

    /// <summary>The tills; null in an estate without.</summary>
    public Pos? Pos { get; }

    /// <summary>The processor of card payments; null in an estate without.</summary>
    public Cards? Cards { get; }

    public WebhookSender Webhooks { get; }
    public TrafficPump Traffic { get; }
    public DeskScenario? Scenario { get; }

    /// <summary>A shop by path segment or system id.</summary>
    public Shop? Shop(string key) => Shops.FirstOrDefault(s => s.Market.Key == key || s.Market.SystemId == key);

    public Erp? Erp(string key) => Erps.FirstOrDefault(e => e.Company.Environment == key || e.Company.SystemId == key);

    public FaultBoard? Faults(string system) => ShopFaults.GetValueOrDefault(system) ?? (Pos?.Account.SystemId == system ? Pos.Faults : null) ?? (Cards?.Account.SystemId == system ? Cards.Faults : null) ?? Erps.FirstOrDefault(e => e.Company.SystemId == system)?.Faults;

    /// <summary>The effects of a system after a sequence number; null for an unknown system.</summary>
    public IReadOnlyList<Effect>? Ledger(string system, long since) =>
        Shops.FirstOrDefault(s => s.Market.SystemId == system) is { } shop ? shop.Read(() => shop.Book.Since(since))
        : Pos?.Account is { } pos && pos.SystemId == system ? pos.Read(() => pos.Book.Since(since))
        : Erps.FirstOrDefault(e => e.Company.SystemId == system) is { } erp ? erp.Company.Read(() => erp.Company.Book.Since(since)) : null;

    private Erp Erp(string system, string name, string currency, bool salesTax, Secrets secrets, CancellationToken stopping)
    {
        var company = new Company(system, name, currency, salesTax, Options, Open(system), secrets);
        var faults = new FaultBoard(Options.Seed + name.Length, Options.Clock);
        var notifier = new Notifier(company, stopping);
        var tokens = new TokenIssuer(company, secrets);
        var limits = new RequestLimits(Options);
        return new Erp(company, new Clerk(company), notifier, tokens, limits, faults, new BcApi(company, notifier, tokens, limits, faults));
    }

    private Journal Open(string system)
    {
        var journal = new Journal(Options.DataDir is { } folder ? Path.Combine(folder, system + ".journal.jsonl") : null);
        journals.Add(journal);
        return journal;
    }

    public async ValueTask DisposeAsync()
    {
        Webhooks.Dispose();
        Pos?.Dispose();
        foreach (var erp in Erps)
        {
            erp.Notifier.Dispose();
            erp.Limits.Dispose();
        }

        foreach (var journal in journals) await journal.DisposeAsync();
    }
}
