namespace ControlTower.Data.Canonical;

/// <summary>Names one order for ever: the connection that took it and that system's own id.</summary>
public readonly record struct OrderKey(string Source, string Id)
{
    public override string ToString() => $"{Source}/{Id}";
}
