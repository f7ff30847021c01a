namespace ControlTower.Simulator.Shopify;

/// <summary>The shop understood and declines: becomes a userError of the mutation. Nothing was changed.</summary>
public sealed class ShopRefusal(string message, string? code = null, params string[] at) : Exception(message)
{
    public string? Code => code;
    public IReadOnlyList<string> Field => at;
}
