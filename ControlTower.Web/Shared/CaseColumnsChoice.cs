namespace ControlTower.Web.Shared;

/// <summary>The columns of the desk as their person last put them in this circuit; null until then. Another page of the same visit finds them so.</summary>
public sealed class CaseColumnsChoice
{
    public string? Keys { get; set; }
}
