namespace ControlTower.Web.Shared;

/// <summary>Addresses of screens on a wall.</summary>
public static partial class Links
{
    public const string Wall = "/wall";

    /// <summary>Says that the token is no longer good, and waits for one that is.</summary>
    public const string WallWithdrawn = "/wall/withdrawn";

    /// <summary>Where their tokens are made.</summary>
    public const string Wallboards = "/admin/wallboards";
}
