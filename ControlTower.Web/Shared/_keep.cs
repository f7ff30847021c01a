namespace ControlTower.Web.Shared; internal static class Room;
