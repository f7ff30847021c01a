using System.Globalization;

namespace ControlTower.Web.Shared;

/// <summary>Addresses of returns.</summary>
public static partial class Links
{
    public const string Returns = "/returns";
    public const string StartReturn = "/returns/start";

    public static string Return(long id) => string.Create(CultureInfo.InvariantCulture, $"{Returns}/{id}");

    /// <summary>The start of a return of one order.</summary>
    public static string StartReturnOf(long order) => string.Create(CultureInfo.InvariantCulture, $"{StartReturn}?order={order}");

    /// <summary>The queue's view that shows returns of this stage.</summary>
    public static string ReturnsIn(string stage) => stage switch
    {
        "authorised" => $"{Returns}?view=expected",
        "received" => $"{Returns}?view=inspect",
        "inspected" or "credited" or "refunded" => $"{Returns}?view=pay",
        _ => Returns,
    };
}
