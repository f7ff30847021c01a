using ControlTower.Simulator.Faults;

namespace ControlTower.Simulator.Square;

/// <summary>The point of sale with everything around it.</summary>
public sealed class Pos : IDisposable
{
    private readonly PosWebhooks webhooks;

    public Pos(PosAccount account, FaultBoard faults, CancellationToken stopping)
    {
        (Account, Faults) = (account, faults);
        Tills = new Tills(account);
        Api = new PosApi(account);
        webhooks = new PosWebhooks(account, faults, stopping);
        account.Outbound = webhooks.Send;
    }

    public PosAccount Account { get; }
    public FaultBoard Faults { get; }
    public Tills Tills { get; }
    internal PosApi Api { get; }

    /// <summary>Pieces that a store counts as being in stock.</summary>
    public int Level(PosStore store, Traffic.Article article) =>
        Account.Read(() => Account.Tables.Find("counts", $"{store.LocationId}/{Account.Variation(article)}")?["quantity"]?.GetValue<string>() is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 0);

    /// <summary>Somebody counts at a store and writes down what is there.</summary>
    public Task<bool> EditAsync(PosStore store, Traffic.Article article, int pieces) => Account.ChangeAsync(change =>
    {
        PosStock.Move(Account, change, store.LocationId, Account.Variation(article), pieces, set: true);
        return true;
    });

    /// <summary>Somebody changes a price by hand at the till's back office, in smallest units: the account's, or that of one store.</summary>
    public Task<bool> PriceAsync(Traffic.Article article, long minor, PosStore? store = null) => Account.ChangeAsync(change => PosCatalog.Edit(Account, change, article, data =>
    {
        var money = PosMoney.Of(minor, Account.Market.Currency);
        if (store is null) data["price_money"] = money;
        else PosCatalog.Price(data, store, money);
    }));

    /// <summary>What the account, or one of its stores, charges for an article, in smallest units.</summary>
    public long PriceOf(Traffic.Article article, PosStore? store = null) => Account.Read(() => PosCatalog.Price(Account, article, store));

    public void Dispose() => webhooks.Dispose();
}
