namespace ControlTower.Web.Shared;

/// <summary>Whether what is shown follows what happens.</summary>
public enum Liveness
{
    Live,
    Late,

    /// <summary>Held by the viewer.</summary>
    Paused,

    Lost,
}
