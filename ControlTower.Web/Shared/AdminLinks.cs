namespace ControlTower.Web.Shared;

/// <summary>Addresses of what an admin sets for the tower as a whole.</summary>
public static partial class Links
{
    public const string Start = "/start";
    public const string Company = "/admin/company";
    public const string Schedules = "/admin/schedules";
    public const string Retention = "/admin/retention";
    public const string StageLimits = "/admin/limits";
    public const string Abilities = "/connections/capabilities";
    public const string Mappings = "/connections/mappings";
    public const string Configuration = "/admin/configuration";
    public const string ConfigurationFile = "/admin/configuration/file";
    public const string ConfigurationSchema = "/admin/configuration/schema";

    /// <summary>A step of the first-run setup.</summary>
    public static string StartAt(string step) => $"{Start}?step={step}";
}
