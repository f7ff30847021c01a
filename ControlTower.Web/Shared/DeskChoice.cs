namespace ControlTower.Web.Shared;

/// <summary>The desk as its person last set it in this circuit; null until then. Another page of the same visit finds it so.</summary>
public sealed class DeskChoice
{
    public string? Columns { get; set; }

    public int? Pace { get; set; }
}
