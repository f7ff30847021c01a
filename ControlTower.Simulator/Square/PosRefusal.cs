namespace ControlTower.Simulator.Square;

/// <summary>The vendor's no, in its own words.</summary>
internal sealed class PosRefusal(string code, string detail, string? field = null) : Exception(detail)
{
    public string Code => code;
    public string? Field { get; } = field;
    public int Status => code == "NOT_FOUND" ? 404 : 400;
}
