using ControlTower.Sync.Connectors;

namespace ControlTower.Web.Pages.Connections;

/// <summary>What is asked of every connection, whatever the system.</summary>
internal static class CommonFields
{
    public static SettingField Name { get; } = new("name", "Name", "As people call it.") { Required = true, Example = "Shopify EU" };

    public static SettingField Key { get; } = new("id", "Key", "In addresses and in the audit. It cannot be changed later.") { Required = true, Example = "shopify-eu" };

    public static SettingField Brand { get; } = new("brand", "Brand", "Whose orders these are. Empty for an ERP of several brands.");

    public static SettingField Region { get; } = new("region", "Region", "Such as EU or UK.");

    public static SettingField Currency { get; } = new("currency", "Currency", "Three capital letters. The test compares it.") { Example = "EUR" };

    public static SettingField TimeZone { get; } = new("timeZone", "Time zone", "By its name.") { Required = true, Example = "Europe/Amsterdam" };

    public static SettingField MaxProcessing { get; } =
        new("maxProcessingSeconds", "Longest processing time", "Seconds in which the system may still carry out a call that nobody waits for any more. 600 if empty.", FieldKind.Number) { Rare = true };
}
