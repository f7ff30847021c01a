using System.Globalization;

namespace ControlTower.Web.Shared;

/// <summary>Addresses of orders and cases.</summary>
public static partial class Links
{
    public static string Order(long id) => string.Create(CultureInfo.InvariantCulture, $"{Orders}/{id}");

    /// <summary>The desk with one case open.</summary>
    public static string Case(long id) => string.Create(CultureInfo.InvariantCulture, $"{Exceptions}?case={id}");
}
