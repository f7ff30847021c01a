using MudBlazor;

namespace ControlTower.Web.Shared;

/// <summary>What kind of system it is; decides the icon. No vendor logos.</summary>
public enum SystemKind
{
    Unknown,
    Shop,
    Till,
    Erp,
    Payment,
    Warehouse,
    Store,
    Tower,
    File,
    Bank,
}

/// <summary>The state of a circuit breaker.</summary>
public enum Circuit
{
    Closed,
    HalfOpen,
    Open,

    /// <summary>Calls are stopped by a person, not by the breaker.</summary>
    Paused,

    /// <summary>Taken out of use by a person.</summary>
    Disabled,
}

/// <summary>A connected system as people call it. <paramref name="Circuit"/> is null where nothing is known of it.</summary>
public sealed record SystemRef(string Id, string Name, SystemKind Kind, Circuit? Circuit = null)
{
    public string Icon => Kind switch
    {
        SystemKind.Shop => Icons.Material.Rounded.Storefront,
        SystemKind.Till => Icons.Material.Rounded.PointOfSale,
        SystemKind.Erp => Icons.Material.Rounded.AccountBalance,
        SystemKind.Payment => Icons.Material.Rounded.CreditCard,
        SystemKind.Warehouse => Icons.Material.Rounded.Warehouse,
        SystemKind.Store => Icons.Material.Rounded.Store,
        SystemKind.Tower => Icons.Material.Rounded.CellTower,
        SystemKind.File => Icons.Material.Rounded.Article,
        SystemKind.Bank => Icons.Material.Rounded.Savings,
        _ => Icons.Material.Rounded.QuestionMark,
    };

    public static (Status Status, string Word) Say(Circuit? circuit) => circuit switch
    {
        Shared.Circuit.Closed => (Status.Ok, "Closed"),
        Shared.Circuit.HalfOpen => (Status.Warn, "Half-open"),
        Shared.Circuit.Open => (Status.Bad, "Open"),
        Shared.Circuit.Paused => (Status.Off, "Paused"),
        Shared.Circuit.Disabled => (Status.Off, "Disabled"),
        _ => (Status.Unk, "Not known"),
    };
}
