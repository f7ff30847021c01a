using System.Globalization;

namespace ControlTower.Web.Shared;

/// <summary>Addresses of till files.</summary>
public static partial class Links
{
    public const string Imports = "/imports";

    /// <summary>Only the stores of this kind: <c>silent</c> or <c>holes</c>.</summary>
    public static string ImportsOf(string stores) => $"{Imports}?stores={stores}";

    public static string Import(long id, int page = 1) => string.Create(CultureInfo.InvariantCulture, $"{Imports}/{id}{(page > 1 ? $"?page={page}" : "")}");

    public static string ImportReport(long id) => string.Create(CultureInfo.InvariantCulture, $"{Imports}/{id}/report.csv");
}
