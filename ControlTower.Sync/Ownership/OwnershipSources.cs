namespace ControlTower.Sync.Ownership;

/// <summary>Sources of writes that are no connection and no client, and roles that rules name.</summary>
public static class OwnershipSources
{
    /// <summary>The tower itself, where it writes of its own accord: prices and offers of its releases.</summary>
    public const string Tower = "tower";

    /// <summary>Its role, as rules name it.</summary>
    public const string TowerRole = "@tower";

    /// <summary>A role as people call it; null: it is none.</summary>
    public static string? RoleName(string role) => role switch
    {
        "@shop" => "every shop",
        "@erp" => "every ERP",
        "@processor" => "every payment processor",
        "@bank" => "every bank",
        "@api" => "every API client",
        TowerRole => "the tower's releases",
        _ => null,
    };
}
