using System.Collections.Frozen;

namespace ControlTower.Sync.Connectors;

/// <summary>Every vendor this build can speak to, by <see cref="IConnector.Kind"/>.</summary>
public sealed class ConnectorCatalog(IEnumerable<IConnector> connectors)
{
    private readonly FrozenDictionary<string, IConnector> byKind = connectors.ToFrozenDictionary(c => c.Kind, StringComparer.Ordinal);

    public IReadOnlyCollection<IConnector> All => byKind.Values;

    public IConnector? Find(string kind) => byKind.GetValueOrDefault(kind);

    /// <exception cref="KeyNotFoundException">No connector of that kind in this build.</exception>
    public IConnector Of(string kind) => Find(kind) ?? throw new KeyNotFoundException($"There is no connector of kind '{kind}'.");

    /// <summary>The connectors of the product: one line each.</summary>
    public static ConnectorCatalog Standard() => new(
    [
        new Vendure.VendureConnector(),
        new Tryton.TrytonConnector(),
        new Shopify.ShopifyConnector(),
        new BusinessCentral.BusinessCentralConnector(),
        new Square.SquareConnector(),
        new PosLog.PosLogConnector(),
        new Stripe.StripeConnector(),
        new Adyen.AdyenConnector(),
        new Bank.BankConnector(),
    ]);
}
