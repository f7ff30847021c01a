using System.Globalization;
using System.Text;
using QRCoder;

namespace ControlTower.Web.Auth.Factors;

/// <summary>A QR code as the path of a drawing, a unit for each module, with the quiet edge that cameras need.</summary>
internal static class QrPath
{
    public static (int Size, string Path) Of(string text)
    {
        using var data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        var path = new StringBuilder();
        for (var y = 0; y < data.ModuleMatrix.Count; y++)
        {
            for (var x = 0; x < data.ModuleMatrix.Count; x++)
            {
                if (data.ModuleMatrix[y][x])
                    path.Append(CultureInfo.InvariantCulture, $"M{x} {y}h1v1h-1z");
            }
        }

        return (data.ModuleMatrix.Count, path.ToString());
    }
}
