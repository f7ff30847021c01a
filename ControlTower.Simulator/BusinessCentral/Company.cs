using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>
/// One ERP environment with its single company. Each request changes everything under one lock and is durable before it answers.
/// The vendor does not recognise repeated requests and neither does this: two equal orders are two orders.
/// </summary>
public sealed class Company
{
    private readonly Lock gate = new();
    private readonly EffectBook book;

    public Company(string systemId, string name, string localCurrency, bool salesTax, EstateOptions options, Journal journal, Secrets secrets)
    {
        SystemId = systemId;
        Name = name;
        LocalCurrency = localCurrency;
        Options = options;
        Markets = Traffic.Markets.All.Where(m => m.PostsTo == systemId).ToList();
        Tax = new TaxSetup(salesTax);
        Id = secrets.Id(systemId, "company");
        ClientId = secrets.Id(systemId, "client").ToString();
        ClientSecret = secrets.Of(systemId, "client")[..40];
        WebhookSecret = secrets.Of(systemId, "notifications")[..40];
        Tables = new Tables(options.Clock);
        book = new EffectBook(journal, options.Clock);
        SetUp.Fill(this, secrets);
        Subscriptions = new Subscriptions(this);
        book.Replay(put =>
        {
            if (put.Set == "subscriptions") Subscriptions.Restore(put);
            else Tables.Restore(put);
        });
    }

    public string SystemId { get; }

    /// <summary>Path segment, for example eu.</summary>
    public string Environment => SystemId["bc-".Length..];

    public string Name { get; }
    public string LocalCurrency { get; }
    public Guid Id { get; }
    public string ClientId { get; }
    public string ClientSecret { get; }

    /// <summary>Offered to a tower as its clientState; the ERP itself takes whatever a subscriber names.</summary>
    public string WebhookSecret { get; }

    public EstateOptions Options { get; }
    public IReadOnlyList<Market> Markets { get; }
    public TaxSetup Tax { get; }
    public Tables Tables { get; }
    public Subscriptions Subscriptions { get; }
    public EffectBook Book => book;

    public DateOnly Today => DateOnly.FromDateTime(Options.Clock.GetUtcNow().UtcDateTime);

    public T Read<T>(Func<T> read)
    {
        lock (gate) return read();
    }

    public async Task<T> ChangeAsync<T>(Func<BcChange, T> act)
    {
        var change = new BcChange();
        T result;
        Task durable;
        lock (gate)
        {
            result = act(change);
            durable = book.Write(change.Effects, change.Puts);
        }

        await durable;
        if (change.Touched.Count > 0) Subscriptions.Notice(change.Touched);
        return result;
    }

    /// <summary>Somebody changes the price of an item.</summary>
    public Task<bool> PriceAsync(string number, decimal price) => ChangeAsync(change =>
    {
        var item = Tables.By("items", "number", number)!;
        item["unitPrice"] = price;
        Tables.Save(change, item, "updated");
        return true;
    });

    /// <summary>What the item costs.</summary>
    public decimal PriceOf(string number)
    {
        lock (gate) return Tables.By("items", "number", number)!.Number("unitPrice");
    }

    /// <summary>Places after the decimal point of a currency.</summary>
    public int Decimals(string currency) => currency == "JPY" ? 0 : 2;
}
