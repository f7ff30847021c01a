using System.Globalization;

namespace ControlTower.Data.Promotions;

/// <summary>Names of states as the database writes them.</summary>
public static class PromotionText
{
    public static string Number(long id) => string.Create(CultureInfo.InvariantCulture, $"R-{id}");

    /// <summary><c>rolling-back</c> for <c>RollingBack</c>.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum =>
        string.Concat(value.ToString().Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));

    public static T Parse<T>(string text)
        where T : struct, Enum =>
        Enum.Parse<T>(text.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
}
