using System.Globalization;

namespace ControlTower.Web.Shared;

/// <summary>Addresses of batches.</summary>
public static partial class Links
{
    public const string Batches = "/exceptions/batches";

    /// <summary>A batch with its items of one result; null for all.</summary>
    public static string Batch(long id, string? result = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{Batches}/{id}") + (result is null ? "" : $"?result={result}");

    /// <summary>The desk narrowed to what ended so in a batch.</summary>
    public static string CasesOf(long batch, string result) => string.Create(CultureInfo.InvariantCulture, $"{Exceptions}?batch={batch}&result={result}");
}
